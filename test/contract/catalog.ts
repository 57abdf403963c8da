import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { batchContract } from './catalog-batches.ts';
import { browseContract } from './catalog-browse.ts';
import { besidesContract } from './catalog-besides.ts';
import { copyContract } from './catalog-copies.ts';
import { deleteContract } from './catalog-deletes.ts';
import { digestContract } from './catalog-digests.ts';
import { linesContract } from './catalog-lines.ts';
import { encryptionContract } from './catalog-encryption.ts';
import { expiryContract } from './catalog-expiry.ts';
import { historyContract } from './catalog-history.ts';
import {
  alice,
  bob,
  day,
  digest,
  inbox,
  manifest,
  message,
  numbered,
  reportText,
} from './catalog-samples.ts';
import { scanContract } from './catalog-scans.ts';
import { searchPagesContract } from './catalog-search-pages.ts';
import { searchContract } from './catalog-search.ts';
import { timesContract } from './catalog-times.ts';
import { watchContract } from './catalog-watch.ts';

/** Opens an empty catalog for one test and arranges for its removal. */
export type MakeCatalog = (context: TestContext) => Promise<Catalog>;

/** What every catalog must do. */
export function catalogContract(name: string, make: MakeCatalog): void {
  batchContract(name, make);
  archiveContract(name, make);
  copyContract(name, make);
  deleteContract(name, make);
  expiryContract(name, make);
  searchContract(name, make);
  searchPagesContract(name, make);
  digestContract(name, make);
  linesContract(name, make);
  recordContract(name, make);
  watchContract(name, make);
  scanContract(name, make);
  historyContract(name, make);
  timesContract(name, make);
  browseContract(name, make);
  encryptionContract(name, make);
  besidesContract(name, make);
}

function archiveContract(name: string, make: MakeCatalog): void {
  test(`${name}: adding an archive again changes nothing, whatever became of it`, async (t) => {
    const catalog = await make(t);
    const { head, messages } = manifest(numbered(1, 4));
    await catalog.addArchive({ head, messages }, 'm1', null);
    await catalog.markVerified(head.id, day(3), true);
    await catalog.setDeleteState(head.id, [0], { state: 'deleting', at: day(4), reason: null });
    const before = [await catalog.archives(), await catalog.deleteEntries(head.id, ['pending', 'deleting'])];
    await catalog.addArchive({ head, messages: messages.slice(1) }, 'm2', null);
    const after = [await catalog.archives(), await catalog.deleteEntries(head.id, ['pending', 'deleting'])];
    assert.deepEqual(after, before);
    assert.equal((await catalog.search({ words: ['subject'] })).length, 4);
  });

  test(`${name}: how an archive came stays with it, until another takes its place`, async (t) => {
    const catalog = await make(t);
    const { head, messages } = manifest([message(1)]);
    const originOf = async (): Promise<string | undefined> => (await catalog.archive(head.id))?.origin;
    await catalog.addArchive({ head, messages }, 'm1', null, { origin: 'sealed' });
    await catalog.addArchive({ head, messages }, 'm1', null);
    assert.equal(await originOf(), 'sealed', 'a reindex meets what is known');
    await catalog.markVerified(head.id, day(3), true);
    await catalog.setArchiveState(head.id, 'quarantined', 'bytes differ');
    await catalog.addArchive({ head, messages }, 'm2', null);
    assert.equal(await originOf(), 'found');
    await catalog.markVerified(head.id, day(4), true);
    assert.equal(await originOf(), 'found', 'reading it back makes it no more than found');
    await catalog.addArchive({ head, messages }, 'm3', null, { origin: 'sealed' });
    assert.equal(await originOf(), 'found', 'a known record keeps its place, and how it came');
  });

  test(`${name}: archives are filtered by account, store, policy, state and start of the id, oldest first`, async (t) => {
    const catalog = await make(t);
    const newer = manifest([message(1)], { created: day(9).toISOString() }).head;
    const older = manifest([message(2)], { ...bob, store: 'cold', policy: 'big' }).head;
    await catalog.addArchive({ head: newer, messages: [message(1)] }, 'm1', null);
    await catalog.addArchive({ head: older, messages: [message(2)] }, 'm2', null);
    await catalog.markVerified(older.id, day(3), false);
    const ids = async (filter: Parameters<Catalog['archives']>[0]) =>
      (await catalog.archives(filter)).map((archive) => archive.id);
    assert.deepEqual(await ids({}), [older.id, newer.id]);
    assert.deepEqual(await ids({ accounts: [alice] }), [newer.id]);
    assert.deepEqual(await ids({ accounts: [] }), []);
    assert.deepEqual(await ids({ store: 'cold' }), [older.id]);
    assert.deepEqual(await ids({ policy: 'old' }), [newer.id]);
    assert.deepEqual(await ids({ states: ['verified', 'expired'] }), [older.id]);
    assert.deepEqual(await ids({ states: [] }), []);
    assert.deepEqual(await ids({ idPrefix: newer.id.slice(0, 9) }), [newer.id]);
    assert.deepEqual(await ids({ idPrefix: newer.id }), [newer.id]);
    assert.deepEqual(await ids({ idPrefix: '%' }), []);
    assert.deepEqual(await ids({ accounts: [alice, bob], store: 'cold', policy: 'old' }), []);
    assert.deepEqual(await ids({ store: 'other' }), []);
    assert.deepEqual(await ids({ createdUntil: day(2) }), [older.id]);
    assert.deepEqual(await ids({ createdUntil: day(1) }), []);
  });
}

function recordContract(name: string, make: MakeCatalog): void {
  test(`${name}: the marker of a store is remembered and can be replaced`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.storeMarker('local'), null);
    await catalog.setStoreMarker('local', 'uuid-1');
    await catalog.setStoreMarker('local', 'uuid-2');
    assert.deepEqual(
      [await catalog.storeMarker('local'), await catalog.storeMarker('cold')],
      ['uuid-2', null],
    );
  });

  test(`${name}: runs come back newest first, finished ones with their report`, async (t) => {
    const catalog = await make(t);
    const open = { finished: null, result: null, report: null };
    await catalog.startRun({ id: 'r1', ...alice, policy: 'old', started: day(1), ...open });
    await catalog.startRun({ id: 'r2', ...bob, policy: 'old', started: day(2), ...open });
    await catalog.finishRun('r1', day(3), 'success', reportText());
    const first = { ...alice, policy: 'old', started: day(1), finished: day(3), result: 'success' };
    assert.deepEqual(await catalog.runs(10), [
      { id: 'r2', ...bob, policy: 'old', started: day(2), ...open },
      { id: 'r1', ...first, report: reportText() },
    ]);
    assert.equal((await catalog.runs(1)).length, 1);
    await assert.rejects(catalog.finishRun('r3', day(3), 'success', reportText()), { code: 'database' });
    await catalog.addAudit({ at: day(1), who: 'root', action: 'show', account: null, detail: 'x/1' });
  });

  test(`${name}: UIDs that restores made are told by folder, UIDVALIDITY and time`, async (t) => {
    const catalog = await make(t);
    const at = { ...alice, folder: 'INBOX', uidValidity: uidValidity(7), detail: null };
    const copy = { ...at, sha256: digest('one') };
    await catalog.addRestores([
      { ...copy, uid: uid(11), outcome: 'restored', at: day(5) },
      { ...copy, uid: uid(12), outcome: 'altered', at: day(6) },
      { ...copy, uid: uid(13), outcome: 'restored', at: day(1) },
      { ...copy, uid: uid(14), uidValidity: uidValidity(8), outcome: 'restored', at: day(6) },
      { ...copy, uid: null, uidValidity: null, outcome: 'refused', detail: 'NO [LIMIT]', at: day(6) },
      { ...copy, ...bob, uid: uid(15), outcome: 'restored', at: day(6) },
    ]);
    const made = await catalog.restoredUids(alice, 'INBOX', uidValidity(7), day(5));
    assert.deepEqual(
      [...made].toSorted((a, b) => a - b),
      [11, 12],
    );
    assert.deepEqual(
      [...(await catalog.alteredCopies(alice, 'INBOX', uidValidity(7)))],
      [[digest('one'), 1]],
    );
    assert.deepEqual([...(await catalog.alteredCopies(alice, 'INBOX', uidValidity(8)))], []);
    assert.deepEqual([...(await catalog.alteredCopies(bob, 'INBOX', uidValidity(7)))], []);
  });

  test(`${name}: quarantined UIDs belong to one folder identity, the last reason counts`, async (t) => {
    const catalog = await make(t);
    await catalog.quarantineUid({ ...inbox, uid: uid(5), reason: 'short literal', at: day(1) });
    await catalog.quarantineUid({ ...inbox, uid: uid(5), reason: 'ended two connections', at: day(2) });
    assert.deepEqual([...(await catalog.quarantinedUids(inbox))], [[5, 'ended two connections']]);
    for (const other of [{ uidValidity: uidValidity(8) }, { mailboxId: null }, { folder: 'Inbox' }, bob]) {
      assert.deepEqual([...(await catalog.quarantinedUids({ ...inbox, ...other }))], []);
    }
  });

  test(`${name}: messages whose archives failed are counted until they are cleared`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.suspects(inbox), new Map());
    await catalog.suspectUids(inbox, [uid(1), uid(2)], day(2));
    await catalog.suspectUids(inbox, [uid(2)], day(3));
    assert.deepEqual(
      [...(await catalog.suspects(inbox))],
      [
        [1, { times: 1, since: day(2) }],
        [2, { times: 2, since: day(2) }],
      ],
    );
    assert.deepEqual(await catalog.suspects({ ...inbox, mailboxId: 'M2' }), new Map());
    await catalog.clearSuspects(inbox, [uid(2), uid(9)]);
    assert.deepEqual([...(await catalog.suspects(inbox))], [[1, { times: 1, since: day(2) }]]);
  });

  test(`${name}: after it is closed, every call fails`, async (t) => {
    const catalog = await make(t);
    await catalog[Symbol.asyncDispose]();
    await catalog[Symbol.asyncDispose]();
    await assert.rejects(catalog.archives(), { code: 'database' });
    await assert.rejects(catalog.setStoreMarker('local', 'uuid'), { code: 'database' });
  });
}
