/** What the next run makes of intents that were left open, and of mail whose policy no longer deletes. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { uidValidity } from '../../src/domain/brands.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { ReasonCode } from '../../src/domain/reason.ts';
import { recordIntent } from '../../src/purge/delete-state.ts';
import { recoverIntents, releaseStale } from '../../src/purge/recover.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import {
  allDue,
  archivedWorld,
  archiveMail,
  covers,
  deleting,
  inbox,
  mutations,
  onlyDue,
  pass,
  receipts,
  recorded,
} from './purge-world.ts';

/** As a crash after the intent and the STORE leaves it: every message marked, every intent open. */
async function crashed(t: TestContext, count = 3): Promise<AccountWorld> {
  const world = await archivedWorld(t, count);
  const { record, entries } = await onlyDue(world, deleting(usual));
  await world.locked((work) => recordIntent(work, record, entries));
  for (const message of inbox(world).messages) message.flags = ['\\Seen', '\\Deleted'];
  return world;
}

async function recovered(world: AccountWorld): Promise<Ledger> {
  const ledger = new Ledger();
  await world.locked((work) => recoverIntents(work, ledger));
  return ledger;
}

const flagsOf = (world: AccountWorld): readonly (readonly string[])[] =>
  inbox(world).messages.map(({ flags }) => flags);

test('what is gone was deleted, and gets its receipt; what is there loses our mark and is pending again', async (t) => {
  const world = await crashed(t);
  inbox(world).messages.splice(1, 1);
  const ledger = await recovered(world);
  assert.deepEqual(await recorded(world), ['1: pending', '2: deleted', '3: pending']);
  assert.deepEqual(flagsOf(world), [['\\Seen'], ['\\Seen']]);
  assert.equal(ledger.deletedSoFar().messages, 1);
  assert.deepEqual(await receipts(world), [{ mode: 'recovered', lines: [1] }]);
});

test('what was moved to Trash before a crash is remembered there, and never archived a second time', async (t) => {
  const world = await archivedWorld(t, 2);
  const toTrash: Policy = { ...usual, delete: { after: { count: 7, unit: 'd' }, mode: 'trash' } };
  world.policies = [toTrash];
  const { record, entries } = await onlyDue(world, deleting(toTrash));
  await world.locked((work) => recordIntent(work, record, entries));
  // The MOVE was done, and its answer never arrived.
  const trash = world.server.folders.get('Trash');
  const moved = inbox(world).messages.splice(0);
  trash?.messages.push(
    ...moved.map((message, index) => ({ ...message, uid: 40 + index })),
    scriptedMessage(99),
  );
  await recovered(world);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted']);
  const known = await world.catalog.trashedUids(usual.name, world.account, 'Trash', uidValidity(9));
  assert.deepEqual([...known], [40, 41]);
});

test('a Trash that the server refuses after a crash does not keep the intents open', async (t) => {
  const world = await archivedWorld(t, 2);
  const toTrash: Policy = { ...usual, delete: { after: { count: 7, unit: 'd' }, mode: 'trash' } };
  world.policies = [toTrash];
  const { record, entries } = await onlyDue(world, deleting(toTrash));
  await world.locked((work) => recordIntent(work, record, entries));
  inbox(world).messages.splice(0, 1);
  world.hooks['EXAMINE'] = (exchange) =>
    exchange.args.flat(2).includes('Trash') ? exchange.no('[NOPERM] Permission denied') : exchange.answer();
  const ledger = await recovered(world);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: pending']);
  assert.match(ledger.report(toTrash, world.account).errors[0]?.message ?? '', /Permission denied/);
});

test('what is there keeps the grace that it has waited', async (t) => {
  const world = await archivedWorld(t, 1);
  const since = async (): Promise<readonly (string | undefined)[]> =>
    (await onlyDue(world, deleting(usual))).entries.map(({ pendingSince }) => pendingSince?.toISOString());
  const before = await since();
  const { record, entries } = await onlyDue(world, deleting(usual));
  await world.locked((work) => recordIntent(work, record, entries));
  pass(world, 3);
  await recovered(world);
  assert.deepEqual(await since(), before);
});

test('each message is touched with the fence keyword, so that a late STORE answers MODIFIED', async (t) => {
  const world = await crashed(t);
  const modseq = inbox(world).highestModseq ?? 0;
  await recovered(world);
  assert.match(mutations(world).join('\n'), /^UID STORE 1:3 \+FLAGS.SILENT \(\$\w+\)\nUID STORE 1:3 -FLAGS/);
  assert.ok(inbox(world).messages.every((message) => message.modseq > modseq));
});

test('a server that refuses keywords loses our marks all the same', async (t) => {
  const world = await crashed(t);
  world.hooks['UID STORE'] = (exchange) =>
    JSON.stringify(exchange.args).includes('$') ? exchange.no('no keywords here') : exchange.answer();
  await recovered(world);
  assert.deepEqual(flagsOf(world), [['\\Seen'], ['\\Seen'], ['\\Seen']]);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending', '3: pending']);
});

test('one message whose mark the server does not remove keeps its intent, and holds up no other', async (t) => {
  const world = await crashed(t, 4);
  world.hooks['UID STORE'] = (exchange) =>
    covers(exchange, 2) && !JSON.stringify(exchange.args).includes('Fence')
      ? exchange.no('index is damaged')
      : exchange.answer();
  await recovered(world);
  assert.deepEqual(await recorded(world), ['1: pending', '2: deleting', '3: pending', '4: pending']);
  assert.deepEqual(flagsOf(world), [['\\Seen'], ['\\Seen', '\\Deleted'], ['\\Seen'], ['\\Seen']]);
  delete world.hooks['UID STORE'];
  await recovered(world);
  assert.ok((await recorded(world)).includes('2: pending'));
  assert.ok(flagsOf(world).every((flags) => !flags.includes('\\Deleted')));
});

test('a connection that is lost meanwhile leaves the intents open', async (t) => {
  const world = await crashed(t);
  world.hooks['UID STORE'] = (exchange) => exchange.cut();
  await assert.rejects(recovered(world), { code: 'connect' });
  assert.deepEqual(await recorded(world), ['1: deleting', '2: deleting', '3: deleting']);
});

for (const [what, change] of [
  ['is another one now', (world: AccountWorld) => void (inbox(world).uidValidity = 8)],
  ['is gone', (world: AccountWorld) => void world.server.folders.delete('INBOX')],
] as const) {
  test(`when the folder ${what}, nothing in it is touched, and the intents are void`, async (t) => {
    const world = await crashed(t);
    change(world);
    await recovered(world);
    const end = 'abandoned (another-message)';
    assert.deepEqual(await recorded(world), [`1: ${end}`, `2: ${end}`, `3: ${end}`]);
    assert.deepEqual(mutations(world), []);
  });
}

for (const [state, code] of [
  ['quarantined', 'archive-quarantined'],
  ['expired', 'archive-expired'],
] as const) {
  test(`mail whose archive is ${state} by now is kept, without our mark`, async (t) => {
    const world = await crashed(t, 1);
    const [{ id } = assert.fail()] = await world.catalog.archives({});
    await world.catalog.setArchiveState(id, state, 'damaged on disk');
    await recovered(world);
    assert.deepEqual(await recorded(world), [`1: abandoned (${code}: damaged on disk)`]);
    assert.deepEqual(flagsOf(world), [['\\Seen']]);
  });
}

test('an archive whose folder the server refuses does not hold up the others', async (t) => {
  const folder = (uid: number): { messages: ReturnType<typeof scriptedMessage>[] } => ({
    messages: [scriptedMessage(uid)],
  });
  const world = await accountWorld(t, { folders: { INBOX: folder(1), Lists: folder(2) } });
  await archiveMail(world, usual);
  for (const { record, entries } of await allDue(world, deleting(usual)))
    await world.locked((work) => recordIntent(work, record, entries));
  world.hooks['SELECT'] = (exchange) =>
    exchange.args[0] === 'INBOX' ? exchange.no('not today') : exchange.answer();
  const ledger = await recovered(world);
  assert.deepEqual(await recorded(world), ['1: deleting', '2: pending']);
  const { errors } = ledger.report(usual, world.account);
  assert.equal(errors.length, 1);
});

const stale: readonly {
  readonly what: string;
  readonly code: ReasonCode;
  readonly policies: readonly Policy[];
}[] = [
  { what: 'is gone', code: 'policy-gone', policies: [{ ...usual, name: 'another' }] },
  { what: 'is in plan mode', code: 'policy-plans', policies: [{ ...usual, mode: 'plan' }] },
  { what: 'no longer deletes', code: 'policy-keeps', policies: [{ ...usual, delete: null }] },
  {
    what: 'no longer covers the account',
    code: 'account-not-covered',
    policies: [{ ...usual, accounts: { include: ['*'], exclude: ['bob'] } }],
  },
];

for (const { what, code, policies } of stale) {
  test(`mail that waits is let go when its policy ${what}: ${code}`, async (t) => {
    const world = await archivedWorld(t, 2);
    world.policies = policies;
    const ledger = new Ledger();
    await world.locked((work) => releaseStale(work, ledger));
    assert.deepEqual(await recorded(world), [`1: abandoned (${code})`, `2: abandoned (${code})`]);
    assert.deepEqual(ledger.skips.list(), [{ reason: { code }, messages: 2 }]);
  });
}

test('mail whose policy still deletes here waits on', async (t) => {
  const world = await archivedWorld(t, 2);
  await world.locked((work) => releaseStale(work, new Ledger()));
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending']);
});
