/** A catalog that is rebuilt from what a store holds: a real local store, real SQLite. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { unshared } from '../../src/catalog/locks.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import { manifestKey, receiptPrefix } from '../../src/format/archive-key.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { StoreOwnership } from '../../src/preflight/store-owner.ts';
import { reindex, type ReindexReport } from '../../src/upkeep/reindex.ts';
import { alice } from '../contract/catalog-samples.ts';
import { expireSite, type ExpireSite, idOf } from '../expire/world.ts';

const same = <T>(value: T): T => value;

/** A store with archives of one message each, numbered from 1. */
async function storeWith(
  t: TestContext,
  count: number,
): Promise<{ readonly site: ExpireSite; readonly archives: readonly Manifest[] }> {
  const site = await expireSite(t, same);
  const archives: Manifest[] = [];
  for (let number = 1; number <= count; number += 1) archives.push(await site.add(number, 10));
  return { site, archives };
}

/** A catalog that has seen nothing yet. */
async function emptyCatalog(t: TestContext): Promise<Catalog> {
  const directory = await mkdtemp(join(tmpdir(), 'reindex-'));
  const catalog = await openCatalog(join(directory, 'new.db'), { mode: 'create' });
  t.after(async () => {
    await catalog[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  return catalog;
}

function rebuild(
  { store, work }: ExpireSite,
  catalog: Catalog = work.catalog,
  newStore = false,
): Promise<ReindexReport> {
  const { clock, progress } = work;
  const ownership = new StoreOwnership(catalog, clock, { place: '', directory: null });
  const usual = { ownership, takeOver: false, who: 'tester', decryption: null, permit: unshared };
  return reindex({ ...usual, store, newStore, catalog, clock, progress });
}

const clean = { store: 'local', unread: 0, orphans: [], expired: [], damaged: [], foreign: null } as const;

test('a new catalog learns every archive of the store, and takes none for verified', async (t) => {
  const { site, archives } = await storeWith(t, 3);
  const catalog = await emptyCatalog(t);
  assert.deepEqual(await rebuild(site, catalog), { ...clean, archives: 3, messages: 3 });
  for (const { head, messages } of archives) {
    const record = await catalog.archive(head.id);
    assert.deepEqual([record?.state, record?.verifiedAt, record?.key], ['sealed', null, head.key]);
    assert.deepEqual(await catalog.lines(head.id), messages);
  }
  assert.deepEqual(await catalog.archivesToPurge(alice), [], 'nothing is deleted because of what was found');
  assert.equal(await catalog.storeMarker('local'), await site.store.marker());
});

test('a second time changes nothing, and what was verified stays verified', async (t) => {
  const { site } = await storeWith(t, 2);
  const before = await site.work.catalog.archives();
  assert.deepEqual(await rebuild(site), { ...clean, archives: 2, messages: 2 });
  assert.deepEqual(await site.work.catalog.archives(), before);
  assert.deepEqual(
    before.map(({ state }) => state),
    ['verified', 'verified'],
  );
});

test('an archive that expired stays expired while its files are still there', async (t) => {
  const { site, archives } = await storeWith(t, 2);
  const { catalog } = site.work;
  await catalog.setArchiveState(idOf(1), 'expired', 'retain: 30d');
  const expired = [manifestKey(archives[0]?.head.key ?? '')];
  assert.deepEqual(await rebuild(site), { ...clean, archives: 1, messages: 1, expired });
  assert.equal((await catalog.archive(idOf(1)))?.state, 'expired');
});

test('an archive whose manifest is gone is quarantined, and its object belongs to nothing', async (t) => {
  const { site, archives } = await storeWith(t, 2);
  const { catalog } = site.work;
  const key = archives[0]?.head.key ?? '';
  await site.store.remove(manifestKey(key));
  const report = await rebuild(site);
  assert.deepEqual([report.archives, report.orphans], [1, [key]]);
  assert.deepEqual(report.damaged, [
    { key: manifestKey(key), reason: 'the manifest is missing from the store' },
  ]);
  assert.equal((await catalog.archive(idOf(1)))?.state, 'quarantined');
  assert.equal((await catalog.archive(idOf(2)))?.state, 'verified');
});

test('a manifest that is damaged, or has no object, costs itself alone', async (t) => {
  const { site, archives } = await storeWith(t, 3);
  const [first = '', second = ''] = archives.map(({ head }) => head.key);
  await site.store.remove(manifestKey(first));
  await site.store.putBytes(manifestKey(first), Buffer.from('damaged'));
  await site.store.remove(second);
  const catalog = await emptyCatalog(t);
  const report = await rebuild(site, catalog);
  assert.equal(report.archives, 1);
  assert.deepEqual(
    report.damaged.map(({ key }) => key).toSorted(),
    [first, second].map(manifestKey).toSorted(),
  );
  assert.ok(report.damaged.some(({ reason }) => reason === `its object ${second} is missing`));
  assert.deepEqual(
    (await catalog.archives()).map(({ id }) => id),
    [idOf(3)],
  );
});

test('of two names of one archive the later one counts', async (t) => {
  const { site, archives } = await storeWith(t, 1);
  const [archive] = archives;
  assert.ok(archive !== undefined);
  const key = archive.head.key.replace('.mbox', '-2.mbox');
  await site.store.putBytes(key, Buffer.alloc(100));
  await site.store.putBytes(
    manifestKey(key),
    await encodeManifest({ ...archive, head: { ...archive.head, key } }),
  );
  const catalog = await emptyCatalog(t);
  await rebuild(site, catalog);
  assert.equal((await catalog.archive(idOf(1)))?.key, key);
});

test('a manifest that names the object of another archive is damaged', async (t) => {
  const { site, archives } = await storeWith(t, 2);
  const [first, second] = archives;
  assert.ok(first !== undefined && second !== undefined);
  await site.store.remove(manifestKey(first.head.key));
  const head = { ...first.head, key: second.head.key };
  await site.store.putBytes(manifestKey(first.head.key), await encodeManifest({ ...first, head }));
  const catalog = await emptyCatalog(t);
  const report = await rebuild(site, catalog);
  assert.deepEqual(report.damaged, [
    { key: manifestKey(first.head.key), reason: 'it names the object of another manifest' },
  ]);
  assert.deepEqual(
    (await catalog.archives()).map(({ id, origin }) => [id, origin]),
    [[idOf(2), 'found']],
  );
});

test('receipts say what was deleted and restored; one that is damaged is reported', async (t) => {
  const { site, archives } = await storeWith(t, 2);
  const receipt = { version: 1, at: '2026-02-03T04:05:06.000Z', run: 'run-1', lines: [0] };
  const put = async (number: number, name: string, text: string): Promise<string> => {
    const key = `${receiptPrefix(archives[number - 1]?.head.key ?? '')}${name}.json`;
    await site.store.putBytes(key, Buffer.from(text));
    return key;
  };
  const purge = { ...receipt, kind: 'purge', archive: idOf(1), mode: 'expunge' };
  await put(1, 'a', JSON.stringify(purge));
  const back = { folder: 'Back', uidValidity: 9, uids: [77] };
  await put(
    2,
    'b',
    JSON.stringify({ ...receipt, kind: 'restore', archive: idOf(2), mode: 'append', ...back }),
  );
  const damaged = await put(2, 'a', JSON.stringify({ ...purge, kind: 'burnt' }));
  const catalog = await emptyCatalog(t);
  const report = await rebuild(site, catalog);
  assert.deepEqual(
    [report.archives, report.damaged.map(({ key }) => key)],
    [2, [damaged]],
    'the archive of a damaged receipt is indexed',
  );
  assert.equal((await catalog.deleteEntries(idOf(1), ['deleted'])).length, 1);
  assert.equal((await catalog.deleteEntries(idOf(2), ['deleted'])).length, 0);
  assert.deepEqual(
    await catalog.restoredUids(alice, 'Back', uidValidity(9), new Date(0)),
    new Set([uid(77)]),
  );
});

test('a receipt from the future keeps mail as restored no longer than one of today', async (t) => {
  const { site, archives } = await storeWith(t, 1);
  const receipt = { kind: 'restore', version: 1, at: '9999-01-01T00:00:00.000Z', run: 'r', archive: idOf(1) };
  const place = { mode: 'append', lines: [0], folder: 'Back', uidValidity: 9, uids: [77] };
  const key = `${receiptPrefix(archives[0]?.head.key ?? '')}a.json`;
  await site.store.putBytes(key, Buffer.from(JSON.stringify({ ...receipt, ...place })));
  const catalog = await emptyCatalog(t);
  assert.deepEqual((await rebuild(site, catalog)).damaged, []);
  const now = site.work.clock.now();
  const since = (date: Date) => catalog.restoredUids(alice, 'Back', uidValidity(9), date);
  assert.deepEqual(await since(now), new Set([uid(77)]));
  assert.deepEqual(await since(new Date(now.getTime() + 1)), new Set());
});

test('a store whose marker is another one is left alone, unless it replaces the old one on purpose', async (t) => {
  const { site } = await storeWith(t, 2);
  const catalog = await emptyCatalog(t);
  await catalog.setStoreMarker('local', '00000000-0000-4000-8000-000000000000');
  await assert.rejects(rebuild(site, catalog), { code: 'store', message: /--new-store/ });
  assert.deepEqual(await catalog.archives(), []);
  assert.equal((await rebuild(site, catalog, true)).archives, 2);
  assert.equal(await catalog.storeMarker('local'), await site.store.marker());
});

test('while an encrypted manifest is unread, a new catalog does not trust the store', async (t) => {
  const { site, archives } = await storeWith(t, 1);
  const key = `${(archives[0]?.head.key ?? '').replace(idOf(1), idOf(2))}.age`;
  await site.store.putBytes(key, Buffer.from('age'));
  await site.store.putBytes(manifestKey(key), Buffer.from('age'));
  const catalog = await emptyCatalog(t);
  const report = await rebuild(site, catalog);
  assert.deepEqual([report.archives, report.unread], [1, 1]);
  assert.deepEqual(
    report.damaged.map((one) => one.key),
    [manifestKey(key)],
  );
  assert.equal(await catalog.storeMarker('local'), null);
});
