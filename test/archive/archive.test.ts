/** The first half for one account: batch record, fetch, store, verify, and what a crash left of them. */
import assert from 'node:assert/strict';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { archive } from '../../src/archive/archive.ts';
import { resumeArchiving } from '../../src/archive/resume.ts';
import { bytes, uid } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { batch } from '../contract/catalog-samples.ts';
import { archiveMail, mutations, pass, planOf, recorded } from '../purge/purge-world.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

const folder = (...uids: readonly number[]) => ({ messages: uids.map((number) => scriptedMessage(number)) });
const states = async ({ catalog }: AccountWorld): Promise<readonly string[]> =>
  (await catalog.archives()).map(({ folder: path, state }) => `${path} ${state}`).toSorted();
const skipped = (ledger: Ledger): readonly string[] =>
  ledger.skips.list().map(({ reason, messages }) => `${messages} ${reason.code}`);
const errors = (ledger: Ledger, world: AccountWorld): readonly string[] =>
  ledger.report(usual, world.account).errors.map(({ code }) => code);

async function resumed(world: AccountWorld): Promise<Ledger> {
  const ledger = new Ledger();
  await world.locked((work) => resumeArchiving(work, ledger));
  return ledger;
}

/** A batch as a crash before its first FETCH leaves it. */
async function openBatch(world: AccountWorld, uids: readonly number[]): Promise<void> {
  const place = { ...world.account, mailboxId: null, created: world.now, uids: uids.map(uid) };
  await world.catalog.createBatch(batch('key-1', { ...place, policyHash: usual.hash }));
}

test('archived mail is verified, waits for its grace, and is still on the server', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1, 2), Lists: folder(3) } });
  const ledger = await archiveMail(world, usual);
  assert.equal(ledger.report(usual, world.account).archived.messages, 3);
  assert.deepEqual(await states(world), ['INBOX verified', 'Lists verified']);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending', '3: pending']);
  assert.deepEqual(mutations(world), []);
});

test('an archive takes no more mail than archive.maxBytes says', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1, 2, 3) } });
  const size = scriptedMessage(1).body.length;
  await archiveMail(world, { ...usual, archive: { ...usual.archive, maxBytes: bytes(2 * size) } });
  assert.deepEqual(
    (await world.catalog.archives()).map(({ messages }) => messages).toSorted((a, b) => a - b),
    [1, 2],
  );
});

test('mail of a policy that only archives waits for nothing', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1) } });
  await archiveMail(world, { ...usual, delete: null });
  assert.deepEqual(await recorded(world), ['1: none']);
});

test('the batch is on record before the first message is read, with the UIDs in their order', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(2, 1) } });
  const atFetch: (readonly number[])[] = [];
  world.hooks['UID FETCH'] = (exchange) => {
    if (!JSON.stringify(exchange.args).includes('BODY.PEEK[]')) return exchange.answer();
    void world.catalog.openBatches(world.account).then((batches) => {
      for (const { uids } of batches) atFetch.push(uids);
      exchange.answer();
    });
  };
  await archiveMail(world, usual);
  assert.deepEqual(atFetch[0], [1, 2]);
  assert.deepEqual(await world.catalog.openBatches(world.account), []);
});

test('while Mothball is paused no batch begins', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1) } });
  await world.catalog.pause({ since: world.now, who: 'tester', reason: null });
  await assert.rejects(archiveMail(world, usual), { code: 'interrupted' });
  assert.deepEqual(await states(world), []);
});

test('a message larger than its share of the spool is left out, and the others are archived', async (t) => {
  const large = scriptedMessage(1, { body: `Subject: large\r\n\r\n${'x'.repeat(50_000)}\r\n` });
  const world = await accountWorld(t, { folders: { INBOX: { messages: [large, scriptedMessage(2)] } } });
  world.spoolMaxBytes = 100_000;
  assert.deepEqual(skipped(await archiveMail(world, usual)), ['1 too-large-for-spool']);
  assert.deepEqual(await recorded(world), ['2: pending']);
});

test('mail that was archived and kept is not archived again: its grace starts again', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1) } });
  await archiveMail(world, usual);
  const [{ id } = assert.fail()] = await world.catalog.archives();
  const change = { state: 'abandoned', at: world.now, reason: { code: 'flagged' } } as const;
  await world.catalog.setDeleteState(id, [0], change);
  pass(world, 30);
  await archiveMail(world, usual);
  const [entry, ...more] = await world.catalog.deleteEntries(id, ['pending']);
  assert.deepEqual([entry?.pendingSince, more], [world.now, []]);
  assert.deepEqual(await states(world), ['INBOX verified']);
});

test('an archive that can not be stored does not hide what ended the run', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1), Lists: folder(2) } });
  const ledger = new Ledger();
  world.hooks['UID FETCH'] = (exchange) => {
    const body = JSON.stringify(exchange.args).includes('BODY.PEEK[]');
    if (!body || exchange.folder?.messages[0]?.uid !== 1) return exchange.answer();
    void (async () => {
      await rm(world.archiveDir, { recursive: true });
      await writeFile(world.archiveDir, 'not a directory');
      await world.catalog.pause({ since: world.now, who: 'tester', reason: null });
      exchange.answer();
    })();
  };
  const run = world.locked(async (work) => {
    await archive(work, usual, (await planOf(work, usual)).folders, { ledger });
  });
  await assert.rejects(run, { code: 'interrupted' });
  assert.deepEqual(errors(ledger, world), ['store']);
});

test('an open batch is finished from its record, not from what the policy selects today', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1, 2, 3) } });
  await openBatch(world, [3, 1]);
  const ledger = await resumed(world);
  assert.equal(ledger.report(usual, world.account).archived.messages, 2);
  assert.deepEqual(await recorded(world), ['1: pending', '3: pending']);
  assert.deepEqual(await world.catalog.openBatches(world.account), []);
});

const givenUp: readonly {
  readonly what: string;
  readonly meanwhile: (world: AccountWorld) => void;
}[] = [
  { what: 'whose policy is gone', meanwhile: (world) => void (world.policies = []) },
  {
    what: 'whose policy is in plan mode',
    meanwhile: (world) => void (world.policies = [{ ...usual, mode: 'plan' }]),
  },
  { what: 'whose folder is gone', meanwhile: ({ server }) => void server.folders.delete('INBOX') },
  {
    what: 'whose folder is another one now',
    meanwhile: ({ server }) => void Object.assign(server.folders.get('INBOX') ?? {}, { uidValidity: 8 }),
  },
  {
    what: 'whose messages are all gone',
    meanwhile: ({ server }) => void server.folders.get('INBOX')?.messages.splice(0),
  },
];

for (const { what, meanwhile } of givenUp) {
  test(`an open batch ${what} is given up, and nothing is archived`, async (t) => {
    const world = await accountWorld(t, { folders: { INBOX: folder(1, 2) } });
    await openBatch(world, [1, 2]);
    meanwhile(world);
    await resumed(world);
    assert.deepEqual([await world.catalog.openBatches(world.account), await states(world)], [[], []]);
  });
}

/** Archives each folder, and leaves the archives sealed: they can't be read back now. */
async function sealed(world: AccountWorld): Promise<void> {
  await world.locked(async (work) => {
    const error = new MothballError('the disk is away', { code: 'store' });
    const codec = { ...work.codec, verify: () => Promise.reject(error) };
    const { folders } = await planOf(work, usual);
    for (const part of folders)
      await assert.rejects(archive({ ...work, codec }, usual, [part], { ledger: new Ledger() }), error);
  });
}

test('an archive that nobody verified is verified by the next run, and only then waits for its grace', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1), Lists: folder(2) } });
  await sealed(world);
  assert.deepEqual(await states(world), ['INBOX sealed', 'Lists sealed']);
  assert.deepEqual(await recorded(world), ['1: none', '2: none']);
  await resumed(world);
  assert.deepEqual(await states(world), ['INBOX verified', 'Lists verified']);
  assert.deepEqual(await recorded(world), ['1: pending', '2: pending']);
});

test('of two that nobody verified, a damaged one is quarantined and does not hold up the other', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1), Lists: folder(2) } });
  await sealed(world);
  const [{ key } = assert.fail()] = await world.catalog.archives();
  await truncate(join(world.archiveDir, key), 30);
  const ledger = await resumed(world);
  assert.deepEqual((await states(world)).map((line) => line.replace(/^.* /, '')).toSorted(), [
    'quarantined',
    'verified',
  ]);
  assert.deepEqual(errors(ledger, world), ['verify']);
  assert.equal((await recorded(world)).filter((line) => line.endsWith('pending')).length, 1);
});

test('of two verified copies of one message one waits, and it is counted once', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: folder(1, 2) } });
  const waitOnce = async (): Promise<void> => {
    for (const _ of [1, 2]) {
      await archiveMail(world, usual);
      const totals = await world.catalog.pendingTotals(world.account);
      assert.deepEqual(
        totals.map(({ messages }) => messages),
        [3],
      );
      const archives = await world.catalog.archives();
      const pending = await Promise.all(
        archives.map(({ id }) => world.catalog.deleteEntries(id, ['pending'])),
      );
      const numbers = pending.flatMap((entries) => entries.map((entry) => Number(entry.uid)));
      assert.deepEqual(
        numbers.toSorted((first, second) => first - second),
        [1, 2, 3],
      );
    }
  };
  await archiveMail(world, usual);
  const [one] = await world.catalog.archives();
  assert.ok(one !== undefined);
  // Quarantined by mistake, archived once more together with new mail, and then found to be intact.
  await world.catalog.setArchiveState(one.id, 'quarantined', 'bytes differ');
  world.server.folders.get('INBOX')?.messages.push(scriptedMessage(3));
  await archiveMail(world, usual);
  await world.catalog.markVerified(one.id, world.now, true);
  await waitOnce();
  // And the other way around: now the mail waits in the older one.
  const two = (await world.catalog.archives()).find(({ id }) => id !== one.id);
  assert.ok(two !== undefined);
  await world.catalog.setArchiveState(two.id, 'quarantined', 'bytes differ');
  await archiveMail(world, usual);
  await world.catalog.markVerified(two.id, world.now, true);
  await waitOnce();
});
