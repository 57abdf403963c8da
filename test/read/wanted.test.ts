import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { findWanted, onceEach } from '../../src/read/wanted.ts';
import { alice, day, digest, inbox, manifest, message, numbered } from '../contract/catalog-samples.ts';

async function catalogOf(t: TestContext, archives: readonly Manifest[]): Promise<Catalog> {
  const directory = await mkdtemp(join(tmpdir(), 'wanted-'));
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  t.after(async () => {
    await catalog[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  for (const [index, one] of archives.entries()) {
    await catalog.addArchive(one, `m${index}`, null);
    await catalog.markVerified(one.head.id, day(3), true);
  }
  return catalog;
}

/** The lines that are wanted once each, by archive, in the order of the archives given. */
async function linesOnce(catalog: Catalog, archives: readonly Manifest[]) {
  const ids = archives.map(({ head }) => head.id);
  const once = await onceEach(catalog, await findWanted(catalog, { ids, query: null }, null));
  return ids.map((id) => once.find(({ record }) => record.id === id)?.lines);
}

test('a message of which two archives have a copy is wanted from the newer one', async (t) => {
  const old = manifest(numbered(1, 3));
  const newer = manifest(numbered(2, 4), { policy: 'other', created: day(5).toISOString() });
  const catalog = await catalogOf(t, [old, newer]);
  assert.deepEqual(await linesOnce(catalog, [old, newer]), [[0], [0, 1, 2]]);
});

test('imported messages that only share their numbers are all wanted', async (t) => {
  const imports = ['a', 'b', 'c'].map((name) =>
    manifest(
      [1, 2].map((number) => message(number, { sha256: digest(`${name} ${number}`) })),
      { id: digest(name), key: name },
    ),
  );
  const catalog = await catalogOf(t, imports);
  assert.deepEqual(await linesOnce(catalog, imports), [
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
});

test('what a restore made and an archive has again is not wanted beside its original', async (t) => {
  const original = manifest(numbered(1, 2));
  const again = manifest([message(9, { sha256: digest('message 2') }), message(10)], {
    id: digest('again'),
    key: 'again',
  });
  const catalog = await catalogOf(t, [original, again]);
  const made = { ...alice, folder: 'INBOX', uidValidity: uidValidity(7), uid: uid(9), at: day(4) };
  await catalog.addRestores([{ ...made, sha256: digest('message 2'), outcome: 'restored', detail: null }], 1);
  assert.equal(inbox.uidValidity, made.uidValidity);
  assert.deepEqual(await linesOnce(catalog, [original, again]), [[0, 1], [1]]);
});
