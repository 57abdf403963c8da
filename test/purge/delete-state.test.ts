import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ArchiveRecord, DeleteEntry } from '../../src/ports/records.ts';
import { backToPending, recordEnd, recordIntent } from '../../src/purge/delete-state.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import { archiveMail, deleting, onlyDue, pass, recorded } from './purge-world.ts';

interface Lines {
  readonly world: AccountWorld;
  readonly record: ArchiveRecord;
  readonly entries: readonly DeleteEntry[];
}

/** Three lines of one archive; the grace of each began on another day. */
async function threeGraces(t: TestContext): Promise<Lines> {
  const messages = [1, 2, 3].map((number) => scriptedMessage(number));
  const world = await accountWorld(t, { folders: { INBOX: { messages } } });
  await archiveMail(world, usual);
  const { record, entries } = await onlyDue(world, deleting(usual));
  for (const { line } of entries) {
    await world.catalog.setDeleteState(record.id, [line], { state: 'pending', at: world.now, reason: null });
    pass(world, 1);
  }
  return { world, record, entries: await world.catalog.deleteEntries(record.id, ['pending']) };
}

const graces = (entries: readonly DeleteEntry[]): readonly (string | undefined)[] =>
  entries.map(({ pendingSince }) => pendingSince?.toISOString());

test('back to pending, each line keeps the grace that it has waited, also after an intent', async (t) => {
  const { world, record, entries } = await threeGraces(t);
  assert.equal(new Set(graces(entries)).size, 3, 'three different graces');
  const open = await world.locked(async (work) => {
    await recordIntent(work, record, entries);
    return work.catalog.deleteEntries(record.id, ['deleting']);
  });
  assert.deepEqual(graces(open), graces(entries));
  pass(world, 5);
  await world.locked((work) => backToPending(work, record, open, { code: 'changed-meanwhile' }));
  const back = await world.catalog.deleteEntries(record.id, ['pending']);
  assert.deepEqual(graces(back), graces(entries));
  assert.deepEqual(
    back.map(({ reason }) => reason?.code),
    ['changed-meanwhile', 'changed-meanwhile', 'changed-meanwhile'],
  );
});

test('back to pending with no grace on record, the grace begins now', async (t) => {
  const { world, record, entries } = await threeGraces(t);
  pass(world, 5);
  const unknown = entries.map((entry) => ({ ...entry, pendingSince: null }));
  await world.locked((work) => backToPending(work, record, unknown, null));
  const now = world.now.toISOString();
  assert.deepEqual(graces(await world.catalog.deleteEntries(record.id, ['pending'])), [now, now, now]);
});

test('an intent is refused for a line that is not pending, and then no line has one', async (t) => {
  const { world, record, entries } = await threeGraces(t);
  await world.locked((work) => recordEnd(work, record, entries.slice(0, 1), { state: 'deleted' }));
  await assert.rejects(
    world.locked((work) => recordIntent(work, record, entries)),
    { code: 'database' },
  );
  assert.deepEqual(await recorded(world), ['1: deleted', '2: pending', '3: pending']);
});

test('no intent is written while Mothball is paused', async (t) => {
  const { world, record, entries } = await threeGraces(t);
  await world.catalog.pause({ since: world.now, who: 'tester', reason: 'audit' });
  await assert.rejects(
    world.locked((work) => recordIntent(work, record, entries)),
    { code: 'interrupted' },
  );
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending', '3: pending']);
});

test('each ending is recorded with its reason, and of no lines nothing is', async (t) => {
  const { world, record, entries } = await threeGraces(t);
  const [first, second, third] = entries;
  await world.locked(async (work) => {
    await recordEnd(work, record, [], { state: 'deleted' });
    await recordEnd(work, record, first === undefined ? [] : [first], { state: 'deleted' });
    await recordEnd(work, record, second === undefined ? [] : [second], {
      state: 'gone',
      reason: { code: 'gone-elsewhere' },
    });
    await recordEnd(work, record, third === undefined ? [] : [third], {
      state: 'abandoned',
      reason: { code: 'held', detail: 'case' },
    });
  });
  assert.deepEqual(await recorded(world), [
    '1: deleted',
    '2: gone (gone-elsewhere)',
    '3: abandoned (held: case)',
  ]);
});
