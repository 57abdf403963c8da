import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type GmailWorld, gmailWorld, held, mail } from '../integration/gmail-site.ts';
import type { GmailMessage } from '../servers/gmail-mailbox.ts';
import { assertExit, describe, policy } from '../integration/installation.ts';

interface Runs {
  readonly runs: readonly {
    readonly deleted: { readonly messages: number; readonly bytes: number };
    readonly skipped: readonly { readonly code: string; readonly messages: number }[];
  }[];
}

const messages = [mail('one', ['\\Inbox', 'Work'])];
const rule = policy('old', 365);
let hits: readonly string[] | null = null;

/** Dies at this fail point of a run that deletes one message. */
async function killedAt(t: TestContext, hit: string): Promise<GmailWorld> {
  if (hits === null) {
    const whole = await gmailWorld(t, messages, [rule]);
    const log = join(whole.site.dir, 'hits.log');
    assertExit(await whole.site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
    hits = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\d+ /, ''));
  }
  const world = await gmailWorld(t, messages, [rule]);
  const at = hits.indexOf(hit) + 1;
  assert.ok(at > 0, hit);
  const died = await world.site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: String(at) } });
  assert.equal(died.signal, 'SIGKILL', describe(died));
  return world;
}

async function freedBy({ site }: GmailWorld, code: number): Promise<number> {
  const { runs } = await site.json<Runs>(['run', '--yes'], code);
  return runs.reduce((sum, { deleted }) => sum + deleted.bytes, 0);
}

test('a hold that was added after a crash keeps in Trash what was moved there', async (t) => {
  const world = await killedAt(t, 'after move');
  assert.deepEqual(held(world), ['one: trash [] ()']);
  await world.site.configure({ holds: [{ name: 'case', accounts: ['*'] }] });
  assert.equal(await freedBy(world, 0), 0);
  assert.deepEqual(held(world), ['one: trash [] ()']);
});

test('a policy that plans only since a crash keeps in Trash what was moved there, without our mark', async (t) => {
  const world = await killedAt(t, 'after trash mark');
  assert.deepEqual(held(world), ['one: trash [] (\\Deleted)']);
  // Another policy that acts is what settles the intent.
  const other = { ...policy('other', 9000), delete: undefined };
  await world.site.configure({ policies: [{ ...rule, mode: 'plan' }, other] });
  assert.equal(await freedBy(world, 0), 0);
  assert.deepEqual(held(world), ['one: trash [] ()']);
});

test('an archive that was damaged after a crash keeps in Trash what was moved there', async (t) => {
  const world = await killedAt(t, 'after move');
  const [archive] = world.site.archives();
  assert.ok(archive !== undefined);
  rmSync(archive.object);
  assert.equal(await freedBy(world, 0), 0);
  assert.deepEqual(held(world), ['one: trash [] ()']);
});

test('what its owner took out of Trash after a crash is not counted as deleted, and stays', async (t) => {
  const world = await killedAt(t, 'after move');
  const [message] = world.mailbox.messages;
  assert.ok(message !== undefined);
  message.place = 'all';
  message.labels = new Set(['Rescued']);
  world.mailbox.changed(message);
  await world.site.configure({
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Rescued'] } })],
  });
  const { runs } = await world.site.json<Runs>(['run', '--yes']);
  assert.deepEqual(runs[0]?.deleted, { messages: 0, bytes: 0 });
  assert.deepEqual(held(world), ['one: all [Rescued] ()']);
});

test('a label that was added after a crash before MOVE keeps the message', async (t) => {
  const world = await killedAt(t, 'after intent');
  const [message] = world.mailbox.messages;
  assert.ok(message !== undefined);
  message.labels = new Set([...message.labels, 'Keep']);
  world.mailbox.changed(message);
  await world.site.configure({
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } })],
  });
  assert.equal(await freedBy(world, 0), 0);
  assert.deepEqual(held(world), ['one: all [Keep Work \\Inbox] ()']);
});

test('after a crash, UIDs of Trash that were given away since name nothing of ours', async (t) => {
  const world = await killedAt(t, 'after trash record');
  const { mailbox } = world;
  const [ours] = mailbox.messages;
  const uid = ours?.uids.get('[Gmail]/Trash');
  assert.ok(ours !== undefined && uid !== undefined);
  mailbox.remove(ours);
  const stranger = mailbox.add({ ...mail('stranger', []), place: 'trash' });
  stranger.uids.set('[Gmail]/Trash', uid);
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.deepEqual(held(world), ['stranger: trash [] ()']);
});

function only({ mailbox }: GmailWorld): GmailMessage {
  const [message] = mailbox.messages;
  assert.ok(message !== undefined && mailbox.messages.length === 1);
  return message;
}

const notWork = policy('old', 365, { folders: { include: ['**'], exclude: ['Work'] } });
const notKeep = policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } });
const inFull = policy('old', 365, { recheck: 'body' });

for (const { what, rules, change } of [
  { what: 'had a label that the policy excludes now', rules: notWork, change: () => undefined },
  {
    what: 'was given such a label in Trash',
    rules: notKeep,
    change: (message: GmailMessage) => void (message.labels = new Set(['Keep'])),
  },
  {
    what: 'was starred in Trash',
    rules: rule,
    change: (message: GmailMessage) => void (message.flags = ['\\Flagged']),
  },
  {
    what: 'has another date in Trash',
    rules: rule,
    change: (message: GmailMessage) =>
      void Object.assign(message, { internalDate: '02-Jan-2020 10:00:00 +0000' }),
  },
  {
    what: 'has another text in Trash, where the policy reads all of it',
    rules: inFull,
    change: (message: GmailMessage) => {
      const body = Buffer.from(message.body.toString('latin1').replace('the text', 'THE TEXT'), 'latin1');
      Object.assign(message, { body });
    },
  },
]) {
  test(`after a crash, a message that ${what} stays there and frees nothing`, async (t) => {
    const world = await killedAt(t, 'after move');
    change(only(world));
    await world.site.configure({ policies: [rules] });
    assert.equal(await freedBy(world, 0), 0);
    const [left] = held(world);
    assert.match(left ?? '', /^one: trash /);
  });
}

test('what its owner moved from Trash to Spam after a crash is not counted as deleted, and stays', async (t) => {
  const world = await killedAt(t, 'after move');
  const message = only(world);
  message.place = 'spam';
  world.mailbox.changed(message);
  await world.site.configure({
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['role:junk'] } })],
  });
  const { runs } = await world.site.json<Runs>(['run', '--yes']);
  assert.deepEqual(runs[0]?.deleted, { messages: 0, bytes: 0 });
  assert.deepEqual(held(world), ['one: spam [] ()']);
});
