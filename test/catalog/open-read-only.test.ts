import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { alice, day, manifest, message, numbered } from '../contract/catalog-samples.ts';
import { directory, opened } from './directory.ts';

test('a missing catalog reads as an empty one, and no file appears', async (t) => {
  const folder = await directory(t);
  for (const path of [join(folder, 'mothball.db'), join(folder, 'no', 'such', 'mothball.db')]) {
    const catalog = await opened(t, path, 'read-only');
    assert.deepEqual([await catalog.archives(), await catalog.search({ words: ['a'] })], [[], []]);
    await assert.rejects(catalog.setStoreMarker('local', 'uuid'), {
      code: 'database',
      message: /reading only/,
    });
    await catalog[Symbol.asyncDispose]();
  }
  assert.deepEqual(await readdir(folder), []);
});

test('reading leaves the directory exactly as it was', async (t) => {
  const folder = await directory(t);
  const path = join(folder, 'mothball.db');
  await fill(path);
  const before = [await readFile(path), (await stat(path)).mtimeMs];
  const catalog = await opened(t, path, 'read-only');
  assert.equal((await catalog.archives()).length, 1);
  assert.equal((await catalog.search({ words: ['subject'] })).length, 20);
  await assert.rejects(catalog.addAudit({ at: day(1), who: 'a', action: 'b', account: null, detail: '' }), {
    code: 'database',
  });
  assert.deepEqual(await readdir(folder), ['mothball.db']);
  await catalog[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(folder), ['mothball.db']);
  assert.deepEqual([await readFile(path), (await stat(path)).mtimeMs], before);
});

test('a directory without write permission can be read', async (t) => {
  const folder = await directory(t);
  const path = join(folder, 'mothball.db');
  await fill(path);
  await chmod(folder, 0o500);
  const catalog = await opened(t, path, 'read-only');
  assert.equal((await catalog.lines((await catalog.archives())[0]?.id ?? manifest([]).head.id)).length, 20);
  await chmod(folder, 0o700);
});

test('what a writer commits meanwhile is seen, whether it came before the reader or after', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await fill(path);
  const early = await opened(t, path, 'read-only');
  assert.equal((await early.archives()).length, 1);
  const writer = await opened(t, path, 'existing');
  await writer.addArchive(manifest([message(100)]), 'm2', null);
  const late = await opened(t, path, 'read-only');
  assert.deepEqual([(await early.archives()).length, (await late.archives()).length], [2, 2]);
  await writer.addArchive(manifest([message(101)]), 'm3', null);
  await writer[Symbol.asyncDispose]();
  assert.deepEqual([(await early.archives()).length, (await late.archives()).length], [3, 3]);
  assert.deepEqual(await early.archivesToPurge(alice), []);
});

test('an older catalog is not migrated by reading it', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await fill(path);
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM migrations WHERE number > 1');
  database.close();
  await assert.rejects(openCatalog(path, { mode: 'read-only' }), {
    code: 'database',
    message: /older Mothball/,
  });
});

async function fill(path: string): Promise<void> {
  await using catalog = await openCatalog(path, { mode: 'create' });
  await catalog.addArchive(manifest(numbered(1, 20)), 'm', null);
}
