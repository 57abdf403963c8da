import assert from 'node:assert/strict';
import test from 'node:test';
import { gmailWorld, held, mail } from './gmail-site.ts';
import { assertExit, policy } from './installation.ts';

interface Runs {
  readonly runs: readonly { readonly deleted: { readonly messages: number; readonly bytes: number } }[];
}

test('mail under other labels than when it was archived is archived again, and comes back with the new ones', async (t) => {
  const world = await gmailWorld(
    t,
    [mail('one', ['\\Inbox'])],
    [policy('old', 365, { delete: { after: '2d' } })],
  );
  assertExit(await world.site.run(['run', '--yes']), 0);
  const [message] = world.mailbox.messages;
  assert.ok(message !== undefined);
  message.labels = new Set(['Done']);
  world.mailbox.changed(message);
  const later = (days: number) => ({ clock: { now: () => new Date(Date.now() + days * 86_400_000) } });
  assertExit(await world.site.run(['run', '--yes'], later(3)), 0);
  assert.deepEqual(held(world), ['one: all [Done] ()']);
  assertExit(await world.site.run(['run', '--yes'], later(6)), 0);
  assert.deepEqual(held(world), []);
  assertExit(await world.site.run(['restore', '--all', '--yes'], later(6)), 0);
  assert.deepEqual(held(world), ['one: all [Done] ()']);
});

test('a label that another client adds between the recheck and MOVE keeps the message', async (t) => {
  const rule = policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } });
  const world = await gmailWorld(t, [mail('one', ['\\Inbox']), mail('two', ['\\Inbox'])], [rule]);
  let selects = 0;
  world.gmail.meanwhile = (command) => {
    selects += command === 'SELECT' ? 1 : 0;
    const [first] = world.mailbox.messages;
    if (selects !== 2 || first === undefined || first.labels.has('Keep')) return;
    first.labels = new Set([...first.labels, 'Keep']);
    world.mailbox.changed(first);
  };
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.deepEqual(held(world), ['one: all [Keep \\Inbox] ()']);
});

test('another policy by label still needs its copy, and a hold keeps mail, on Gmail too', async (t) => {
  const waits = { match: { olderThan: '365d' }, archive: { to: 'local' }, limits: { maxPercent: 100 } };
  const copies = { name: 'work', mode: 'enforce', folders: { include: ['Work'] }, ...waits };
  const deletes = policy('all', 365);
  const messages = [mail('work', ['Work']), mail('held', ['\\Inbox']), mail('free', ['\\Inbox'])];
  const world = await gmailWorld(t, messages, [deletes, copies], {
    holds: [{ name: 'case', accounts: ['*'], match: { subject: 'held' } }],
  });
  assertExit(await world.site.run(['run', 'all', '--yes']), 0);
  assert.deepEqual(held(world), ['held: all [\\Inbox] ()', 'work: all [Work] ()']);
  assertExit(await world.site.run(['run', '--yes']), 0);
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.deepEqual(held(world), ['held: all [\\Inbox] ()']);
});

test('a MOVE that Gmail refuses, and one that it only claims, delete nothing', async (t) => {
  const world = await gmailWorld(t, [mail('one', ['\\Inbox'])]);
  const before = held(world);
  for (const answer of ['NO [TRYCREATE] No folder (Failure)', 'OK (Success)']) {
    world.gmail.refuse = (command) => (command === 'UID MOVE' ? answer : null);
    const result = await world.site.run(['run', '--yes']);
    assertExit(result, 3);
    assert.deepEqual(held(world), before);
  }
});

test('what Gmail does not remove from Trash is not counted as freed', async (t) => {
  const world = await gmailWorld(t, [mail('one', ['\\Inbox'])]);
  world.gmail.refuse = (command) => (command === 'UID EXPUNGE' ? 'OK (Success)' : null);
  const { runs } = await world.site.json<Runs>(['run', '--yes'], 3);
  assert.deepEqual(runs[0]?.deleted, { messages: 1, bytes: 0 });
  assert.deepEqual(held(world), ['one: trash [] ()'], 'and no mark of ours is left');
});

test('the limits of a policy by label are measured against that label', async (t) => {
  const rule = policy('old', 365, { folders: { include: ['INBOX'] }, limits: { maxPercent: 50 } });
  const archived = Array.from({ length: 9 }, (_, index) => mail(`archived ${index}`, []));
  const world = await gmailWorld(t, [mail('one', ['\\Inbox']), ...archived], [rule]);
  const before = held(world);
  assertExit(await world.site.run(['run', '--yes']), 5);
  assert.deepEqual(held(world), before);
});

test('accounts --test shows how Gmail mail is archived and deleted', async (t) => {
  const world = await gmailWorld(t, [mail('one', ['\\Inbox', 'Work'])]);
  const result = await world.site.run(['accounts', '--test']);
  assertExit(result, 0);
  assert.match(
    result.stdout,
    /archived from "\[Gmail\]\/All Mail" and deleted through "\[Gmail\]\/Trash"; 1 label/,
  );
});

test('with Auto-Expunge, where the mark in Trash alone removes a message, it counts as deleted', async (t) => {
  const world = await gmailWorld(t, [mail('one', ['\\Inbox']), mail('two', ['Work'])]);
  world.mailbox.autoExpunge = true;
  const size = world.mailbox.usedBytes;
  const { runs } = await world.site.json<Runs>(['run', '--yes']);
  assert.deepEqual(runs[0]?.deleted, { messages: 2, bytes: size });
  assert.deepEqual(held(world), []);
});

test('a message that went to Trash and back during the grace comes back once, though it is archived twice', async (t) => {
  const rule = policy('old', 365, { delete: { after: '2d' } });
  const world = await gmailWorld(t, [mail('one', ['\\Inbox'])], [rule]);
  assertExit(await world.site.run(['run', '--yes']), 0);
  const [message] = world.mailbox.messages;
  assert.ok(message !== undefined);
  world.mailbox.toTrash(message);
  message.place = 'all';
  message.labels = new Set(['Rescued']);
  world.mailbox.changed(message);
  const later = (days: number) => ({ clock: { now: () => new Date(Date.now() + days * 86_400_000) } });
  assertExit(await world.site.run(['run', '--yes'], later(1)), 0);
  assertExit(await world.site.run(['run', '--yes'], later(4)), 0);
  assert.deepEqual(held(world), []);
  assert.equal(world.site.archives().length, 2);
  assertExit(await world.site.run(['restore', '--all', '--yes'], later(4)), 0);
  assert.deepEqual(held(world), ['one: all [Rescued] ()']);
});
