/** Open intents whose folder has another name by now, or whose name another folder has (SAFETY I4). */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { recordIntent } from '../../src/purge/delete-state.ts';
import { recoverIntents } from '../../src/purge/recover.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { type ScriptedFolder, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import { allDue, archiveMail, deleting, mutations, pass, receipts, recorded } from './purge-world.ts';

const now = '01-Jan-2030 10:00:00 +0000';
const marked = ['\\Seen', '\\Deleted'];
const void1 = 'abandoned (another-message)';

/** Two folders of one UIDVALIDITY. Mail 1 to 3 of "Lists" is archived, its intents are open, and it is marked. */
async function crashed(t: TestContext, mailboxId: string | null = null): Promise<AccountWorld> {
  const uids = [1, 2, 3];
  const lists = { messages: uids.map((uid) => scriptedMessage(uid)), mailboxId };
  const work = {
    messages: uids.map((uid) => scriptedMessage(uid, { internalDate: now, body: `work ${uid}` })),
  };
  const world = await accountWorld(t, { folders: { Lists: lists, Work: work } });
  await archiveMail(world, usual);
  pass(world, 8);
  for (const { record, entries } of await allDue(world, deleting(usual)))
    await world.locked((locked) => recordIntent(locked, record, entries));
  for (const message of folder(world, 'Lists').messages) message.flags = marked;
  return world;
}

function folder({ server }: AccountWorld, path: string): ScriptedFolder {
  return server.folders.get(path) ?? assert.fail(`there is no folder ${path}`);
}

function rename({ server }: AccountWorld, names: Readonly<Record<string, string>>): void {
  const moved = Object.entries(names).map(([from, to]) => [to, server.folders.get(from)] as const);
  for (const from of Object.keys(names)) server.folders.delete(from);
  for (const [to, its] of moved) if (its !== undefined) server.folders.set(to, its);
}

async function recovered(world: AccountWorld): Promise<Ledger> {
  const ledger = new Ledger();
  await world.locked((work) => recoverIntents(work, ledger));
  return ledger;
}

const flagsIn = (world: AccountWorld, path: string): readonly string[] =>
  folder(world, path).messages.map(({ uid, flags }) => `${uid} ${flags.join(' ')}`);

test('after an exchange of names a mark of the user in the other folder stays, and ours is removed', async (t) => {
  const world = await crashed(t);
  for (const message of folder(world, 'Work').messages) message.flags = ['\\Deleted'];
  rename(world, { Lists: 'Work', Work: 'Lists' });
  const ledger = await recovered(world);
  assert.deepEqual(flagsIn(world, 'Lists'), ['1 \\Deleted', '2 \\Deleted', '3 \\Deleted']);
  assert.deepEqual(flagsIn(world, 'Work'), ['1 \\Seen', '2 \\Seen', '3 \\Seen']);
  assert.deepEqual(await recorded(world), [`1: ${void1}`, `2: ${void1}`, `3: ${void1}`]);
  assert.equal(ledger.deletedSoFar().messages, 0);
});

test('after an exchange of names, what is in the other folder does not count as deleted', async (t) => {
  const world = await crashed(t);
  folder(world, 'Work').messages = [scriptedMessage(9, { internalDate: now })];
  folder(world, 'Lists').messages.splice(1, 1);
  rename(world, { Lists: 'Work', Work: 'Lists' });
  const ledger = await recovered(world);
  assert.deepEqual(await recorded(world), [`1: ${void1}`, '2: deleted', `3: ${void1}`]);
  assert.equal(ledger.deletedSoFar().messages, 1);
  assert.deepEqual(await receipts(world), [{ mode: 'recovered', lines: [1] }]);
  assert.deepEqual(flagsIn(world, 'Work'), ['1 \\Seen', '3 \\Seen']);
});

test('one message of another folder shows that what is missing here was not deleted', async (t) => {
  const world = await crashed(t);
  folder(world, 'Work').messages.splice(0, 2);
  rename(world, { Work: 'Lists', Lists: 'Gone' });
  world.hooks['EXAMINE'] = (exchange) =>
    exchange.args[0] === 'Gone' ? exchange.no('[NOPERM] Permission denied') : exchange.answer();
  await recovered(world);
  assert.deepEqual(await recorded(world), [`1: ${void1}`, `2: ${void1}`, `3: ${void1}`]);
  assert.deepEqual(mutations(world), []);
});

test('a message that can not be read is no proof of another folder, and loses our mark where its neighbour is ours', async (t) => {
  const world = await crashed(t);
  folder(world, 'Lists').messages.splice(2, 1);
  world.hooks['UID FETCH'] = (exchange) => {
    const asked = JSON.stringify(exchange.args);
    if (/BODY/.test(asked) && /^1\b/.test(String(exchange.args[0]))) return exchange.no('not today');
    return exchange.answer();
  };
  await recovered(world);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending', '3: deleted']);
  assert.deepEqual(flagsIn(world, 'Lists'), ['1 \\Seen', '2 \\Seen']);
});

test('where no message can be read, nothing is touched: the marks may be those of the user in another folder', async (t) => {
  const world = await crashed(t);
  world.hooks['UID FETCH'] = (exchange) =>
    JSON.stringify(exchange.args).includes('BODY') ? exchange.no('not today') : exchange.answer();
  await recovered(world);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending', '3: pending']);
  assert.deepEqual(mutations(world), []);
});

for (const mailboxId of [null, 'F1']) {
  test(`our marks are removed in a folder that was renamed ${mailboxId === null ? 'without' : 'with'} a MAILBOXID`, async (t) => {
    const world = await crashed(t, mailboxId);
    rename(world, { Lists: 'Archive 2020' });
    await recovered(world);
    assert.deepEqual(flagsIn(world, 'Archive 2020'), ['1 \\Seen', '2 \\Seen', '3 \\Seen']);
    assert.deepEqual(await recorded(world), [`1: ${void1}`, `2: ${void1}`, `3: ${void1}`]);
  });
}

test('copies that were moved to a Trash of the same UIDVALIDITY and UIDs count as deleted', async (t) => {
  const world = await crashed(t);
  const trash = { ...folder(world, 'Lists'), attributes: '\\HasNoChildren \\Trash' };
  folder(world, 'Lists').messages = [];
  world.server.folders.set('Trash', trash);
  await recovered(world);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted', '3: deleted']);
  assert.deepEqual(flagsIn(world, 'Trash'), [
    '1 \\Seen \\Deleted',
    '2 \\Seen \\Deleted',
    '3 \\Seen \\Deleted',
  ]);
});
