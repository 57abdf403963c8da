/** The second half for one archive: read back, recheck, delete, receipt, and what stops it. */
import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { DeletingPolicy, Due } from '../../src/purge/due.ts';
import { purge } from '../../src/purge/purge.ts';
import { ReadAhead } from '../../src/purge/read-ahead.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { type AccountWorld, usual } from '../work/account-world.ts';
import {
  archivedWorld,
  deleting,
  inbox,
  left,
  mutations,
  onlyDue,
  receipts,
  recorded,
} from './purge-world.ts';

interface Purged {
  readonly ledger: Ledger;
  readonly due: Due;
}

async function purged(world: AccountWorld, policy: DeletingPolicy = deleting(usual)): Promise<Purged> {
  const ledger = new Ledger();
  const due = await onlyDue(world, policy);
  await world.locked((work) =>
    purge({ work, ledger, usageBefore: [] }, due, new ReadAhead(work, [], () => Promise.resolve(due))),
  );
  return { ledger, due };
}

const skipped = (ledger: Ledger): readonly string[] =>
  ledger.skips.list().map(({ reason, messages }) => `${messages} ${reason.code}`);

test('what passes the recheck is deleted, counted, and named by one receipt', async (t) => {
  const world = await archivedWorld(t, 3);
  const { ledger } = await purged(world);
  assert.deepEqual([left(world), skipped(ledger)], [[], []]);
  assert.equal(ledger.deletedSoFar().messages, 3);
  assert.deepEqual(await receipts(world), [{ mode: 'expunge', lines: [0, 1, 2] }]);
});

test('what the recheck keeps is recorded with its reason, what is gone as gone, and the rest goes', async (t) => {
  const world = await archivedWorld(t, 4);
  (inbox(world).messages[1] ?? assert.fail()).flags = ['\\Flagged'];
  inbox(world).messages.splice(2, 1);
  const { ledger } = await purged(world);
  assert.deepEqual(await recorded(world), [
    '1: deleted',
    '2: abandoned (flagged)',
    '3: gone (gone-elsewhere)',
    '4: deleted',
  ]);
  assert.deepEqual([left(world), skipped(ledger)], [[2], ['1 flagged']]);
  assert.deepEqual(await receipts(world), [{ mode: 'expunge', lines: [0, 3] }]);
});

test('mail that waits for the copy of another policy stays pending, and is counted', async (t) => {
  const world = await archivedWorld(t, 2);
  world.policies = [usual, { ...usual, name: 'second' }];
  const { ledger } = await purged(world);
  assert.deepEqual([left(world), skipped(ledger)], [[1, 2], ['2 copy-missing']]);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending']);
});

test('of a damaged archive nothing is deleted: it is quarantined before the mailbox is looked at', async (t) => {
  const world = await archivedWorld(t, 2);
  const [{ key } = assert.fail()] = await world.catalog.archives();
  await truncate(join(world.archiveDir, key), 20);
  const before = world.server.log.length;
  const { ledger, due } = await purged(world);
  assert.deepEqual([world.server.log.length, left(world)], [before, [1, 2]]);
  assert.deepEqual(skipped(ledger), ['2 archive-damaged']);
  assert.equal((await world.catalog.archive(due.record.id))?.state, 'quarantined');
  const { errors } = ledger.report(usual, world.account);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['verify'],
  );
  assert.match(errors[0]?.message ?? '', /no longer what was written .*its mail stays on the server/);
});

test('a server that does not do what it is asked is not asked a second time in this run', async (t) => {
  const world = await archivedWorld(t, 3, { capabilities: 'IMAP4rev1 MOVE SPECIAL-USE' });
  world.hooks['UID MOVE'] = (exchange) => exchange.no('not today');
  const { ledger } = await purged(world);
  // Without UIDPLUS one message goes ahead, to see whether its COPYUID comes.
  assert.deepEqual(mutations(world), ['UID MOVE 1 "Trash"']);
  assert.deepEqual(skipped(ledger), ['3 move-refused']);
  assert.match(ledger.report(usual, world.account).notices.join(), /^"INBOX": MOVE to Trash was refused/);
  assert.deepEqual(await receipts(world), []);
});

test('at most 500 UIDs are in one STORE and in one EXPUNGE', async (t) => {
  const world = await archivedWorld(t, 501);
  await purged(world);
  assert.deepEqual(
    mutations(world).map((line) => /^UID \w+ \S+/.exec(line)?.[0]),
    ['UID STORE 1:500', 'UID EXPUNGE 1:500', 'UID STORE 501', 'UID EXPUNGE 501'],
  );
  assert.deepEqual(left(world), []);
});

test('work that was stopped deletes nothing more', async (t) => {
  const world = await archivedWorld(t, 2);
  world.stop.abort(new Error('stopped'));
  await assert.rejects(purged(world), /stopped/);
  assert.deepEqual(
    [left(world), await recorded(world)],
    [
      [1, 2],
      ['1: pending', '2: pending'],
    ],
  );
});
