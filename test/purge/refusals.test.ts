/** A STORE, EXPUNGE or MOVE that the server answers with NO or BAD: less is asked for (SAFETY I8). */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Policy } from '../../src/domain/policy.ts';
import { purge } from '../../src/purge/purge.ts';
import { ReadAhead } from '../../src/purge/read-ahead.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import {
  archiveMail,
  covers,
  deleting,
  inbox,
  left,
  mutations,
  onlyDue,
  pass,
  recorded,
} from './purge-world.ts';

const toTrash: Policy = { ...usual, delete: { after: { count: 7, unit: 'd' }, mode: 'trash' } };

async function worldOf(t: test.TestContext, count: number, policy: Policy): Promise<AccountWorld> {
  const messages = Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));
  const trash = { attributes: '\\HasNoChildren \\Trash', uidValidity: 9 };
  const world = await accountWorld(t, { folders: { INBOX: { messages }, Trash: trash } });
  await archiveMail(world, policy);
  pass(world, 8);
  return world;
}

async function purgeOnce(world: AccountWorld, policy: Policy): Promise<Ledger> {
  const ledger = new Ledger();
  const due = await onlyDue(world, deleting(policy));
  world.policies = [policy];
  await world.locked((work) =>
    purge({ work, ledger, usageBefore: [] }, due, new ReadAhead(work, [], () => Promise.resolve(due))),
  );
  return ledger;
}

const notices = (ledger: Ledger): readonly string[] =>
  ledger.report({ name: 'old', mode: 'enforce' }, { server: 'main', account: 'a' }).notices;

const marks = /\+FLAGS\.SILENT \(\\Deleted\)/;

for (const { command, policy, words, answer } of [
  { command: 'UID STORE', policy: usual, words: 'refuses to delete', answer: 'no' },
  { command: 'UID STORE', policy: usual, words: 'refuses to delete', answer: 'bad' },
  { command: 'UID EXPUNGE', policy: usual, words: 'refuses to delete', answer: 'no' },
  { command: 'UID MOVE', policy: toTrash, words: 'MOVE to Trash was refused', answer: 'no' },
] as const) {
  test(`one message of 40 to whose ${command} the server answers ${answer.toUpperCase()} is named, and the others go`, async (t) => {
    const world = await worldOf(t, 40, policy);
    world.hooks[command] = (exchange) => {
      const concerns = command !== 'UID STORE' || JSON.stringify(exchange.args).includes('+FLAGS.SILENT');
      if (concerns && !JSON.stringify(exchange.args).includes('Fence') && covers(exchange, 7))
        exchange[answer]('[SERVERBUG] index is damaged');
      else exchange.answer();
    };
    const ledger = await purgeOnce(world, policy);
    assert.deepEqual(left(world), [7]);
    assert.deepEqual(
      inbox(world).messages.map(({ flags }) => flags),
      [[]],
      'no mark of ours is left',
    );
    assert.equal(ledger.deletedSoFar().messages, 39);
    assert.match(notices(ledger).join(), new RegExp(`"INBOX": UID 7: .*${words}.*index is damaged`));
    const states = (await recorded(world)).filter((line) => !line.endsWith(': deleted'));
    assert.match(states.join(), /^7: pending \((?:delete|move)-refused: /);
    assert.equal(world.server.folders.get('Trash')?.messages.length, policy === toTrash ? 39 : 0);
  });
}

test('a message that was refused by itself is asked for by itself the next time, and goes when it can', async (t) => {
  const world = await worldOf(t, 40, usual);
  world.hooks['UID EXPUNGE'] = (exchange) =>
    covers(exchange, 7) ? exchange.no('not now') : exchange.answer();
  await purgeOnce(world, usual);
  const before = mutations(world).length;
  await assert.rejects(purgeOnce(world, usual), { code: 'protocol', message: /not now/ });
  assert.deepEqual(
    mutations(world)
      .slice(before)
      .map((line) => line.replace(/ \(UNCHANGEDSINCE \d+\)/, '')),
    ['UID STORE 7 +FLAGS.SILENT (\\Deleted)', 'UID EXPUNGE 7', 'UID STORE 7 -FLAGS.SILENT (\\Deleted)'],
  );
  delete world.hooks['UID EXPUNGE'];
  await purgeOnce(world, usual);
  assert.deepEqual(left(world), []);
});

test('a STORE that is refused after it marked a part leaves no mark, and deletes what it may', async (t) => {
  const world = await worldOf(t, 10, usual);
  world.hooks['UID STORE'] = (exchange) => {
    if (!JSON.stringify(exchange.args).includes('+FLAGS') || !covers(exchange, 7)) return exchange.answer();
    const asked = inbox(world).messages.filter(({ uid }) => covers(exchange, uid));
    for (const message of asked.slice(0, 4)) message.flags = ['\\Deleted'];
    inbox(world).highestModseq = (inbox(world).highestModseq ?? 0) + 1;
    exchange.no('some of them');
  };
  await purgeOnce(world, usual);
  assert.deepEqual(left(world), [7]);
  assert.deepEqual(inbox(world).messages[0]?.flags, []);
});

test('a message that can not be read any more after a refused STORE loses our mark too', async (t) => {
  const world = await worldOf(t, 10, usual);
  world.hooks['UID STORE'] = (exchange) => {
    if (!JSON.stringify(exchange.args).includes('+FLAGS') || !covers(exchange, 7)) return exchange.answer();
    const marked = inbox(world).messages.find(({ uid }) => uid === 3);
    if (marked !== undefined && covers(exchange, 3)) marked.flags = ['\\Deleted'];
    world.hooks['UID FETCH'] = (fetch) =>
      JSON.stringify(fetch.args).includes('BODY') && covers(fetch, 3)
        ? fetch.no('not today')
        : fetch.answer();
    exchange.no('some of them');
  };
  await purgeOnce(world, usual);
  assert.ok(left(world).includes(3));
  assert.deepEqual(inbox(world).messages.find(({ uid }) => uid === 3)?.flags, []);
});

test('a message that takes no STORE and no FETCH any more keeps its own intent alone, and the others go', async (t) => {
  const world = await worldOf(t, 10, usual);
  world.hooks['UID STORE'] = (exchange) => {
    if (!covers(exchange, 3)) return exchange.answer();
    world.hooks['UID FETCH'] = (fetch) => (covers(fetch, 3) ? fetch.no('not today') : fetch.answer());
    exchange.no('index is damaged');
  };
  await purgeOnce(world, usual);
  assert.deepEqual(left(world), [3]);
  assert.deepEqual(
    (await recorded(world)).filter((line) => !line.endsWith(': deleted')),
    ['3: deleting'],
  );
});

test('a message that somebody flags while its neighbour is refused stays, by the recheck of its half', async (t) => {
  const world = await worldOf(t, 10, usual);
  world.hooks['UID EXPUNGE'] = (exchange) => {
    if (!covers(exchange, 7)) return exchange.answer();
    const user = inbox(world).messages.find(({ uid }) => uid === 3);
    if (user !== undefined) user.flags = [...user.flags, '\\Flagged'];
    exchange.no('not now');
  };
  await purgeOnce(world, usual);
  assert.deepEqual(left(world), [3, 7]);
  assert.ok(inbox(world).messages[0]?.flags.includes('\\Flagged'));
  assert.ok((await recorded(world)).includes('3: abandoned (flagged)'));
});

test('a server that refuses everything is asked at most 20 times, and nothing is left marked', async (t) => {
  const world = await worldOf(t, 200, usual);
  world.hooks['UID STORE'] = (exchange) => exchange.no('read-only today');
  await assert.rejects(purgeOnce(world, usual), { code: 'protocol', message: /read-only today/ });
  assert.equal(mutations(world).filter((line) => marks.test(line)).length, 20);
  assert.equal(left(world).length, 200);
  assert.ok((await recorded(world)).every((line) => line.includes(': pending')));
});
