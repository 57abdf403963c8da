import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { migrate, newestSchema } from '../../src/catalog/migrate.ts';
import { migrations } from '../../src/catalog/migrations/all.ts';
import { configure, pragma } from '../../src/catalog/pragmas.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { manifest, numbered } from '../contract/catalog-samples.ts';
import { directory, opened } from './directory.ts';

const damaged = {
  code: 'database',
  message: /deleting mail is refused.*Move the file away.*mothball reindex/s,
};

test('a new catalog and its -wal are readable by the owner only, and in WAL mode', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  const catalog = await opened(t, path);
  await catalog.setStoreMarker('local', 'uuid');
  for (const file of [path, `${path}-wal`]) assert.equal((await stat(file)).mode & 0o777, 0o600, file);
  await catalog[Symbol.asyncDispose]();
  const other = new DatabaseSync(path);
  assert.equal(pragma(other, 'journal_mode'), 'wal');
  other.close();
});

test('a connection has synchronous=FULL and foreign keys, whatever it had before', async (t) => {
  const database = new DatabaseSync(join(await directory(t), 'a.db'), { enableForeignKeyConstraints: false });
  database.exec('PRAGMA synchronous = OFF');
  configure(database, 'a.db');
  assert.deepEqual([pragma(database, 'synchronous'), pragma(database, 'foreign_keys')], [2, 1]);
  database.close();
});

test('a connection that does not take a setting is refused', async (t) => {
  assert.throws(() => configure(new DatabaseSync(':memory:'), 'a.db'), {
    code: 'database',
    message: /journal_mode=WAL/,
  });
  class Deaf extends DatabaseSync {
    override exec(sql: string): void {
      if (!sql.includes('synchronous')) super.exec(sql);
    }
  }
  const deaf = new Deaf(join(await directory(t), 'a.db'));
  deaf.prepare('PRAGMA synchronous = NORMAL').run();
  assert.throws(() => configure(deaf, 'a.db'), {
    code: 'database',
    message: /synchronous=FULL \(it answers 1\)/,
  });
  deaf.close();
});

test('a missing or empty catalog is not made in mode existing', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await assert.rejects(openCatalog(path, { mode: 'existing' }), {
    code: 'database',
    message: /mothball reindex/,
  });
  await assert.rejects(stat(path), { code: 'ENOENT' });
  await writeFile(path, '');
  await assert.rejects(openCatalog(path, { mode: 'existing' }), { code: 'database', message: /is empty/ });
});

test('a missing directory is refused, as a volume that is not mounted', async (t) => {
  const path = join(await directory(t), 'data', 'mothball.db');
  await assert.rejects(openCatalog(path, { mode: 'create' }), { code: 'database', message: /not mounted/ });
});

test('a catalog whose file is gone while its -wal is there is refused', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await writeFile(`${path}-wal`, 'something');
  await assert.rejects(openCatalog(path, { mode: 'create' }), damaged);
  assert.equal(await readFile(`${path}-wal`, 'utf8'), 'something');
});

test('a file that is no database is refused, and left as it is', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await writeFile(path, 'no database at all\n'.repeat(500));
  for (const mode of ['create', 'existing', 'read-only'] as const) {
    await assert.rejects(openCatalog(path, { mode }), damaged, mode);
  }
  assert.match(await readFile(path, 'utf8'), /^no database/);
});

test('a truncated catalog is refused', async (t) => {
  const path = await filled(await directory(t));
  await truncate(path, Math.floor((await stat(path)).size / 8192) * 4096);
  await assert.rejects(openCatalog(path, { mode: 'create' }), damaged);
});

test('a catalog with overwritten pages is refused', async (t) => {
  const path = await filled(await directory(t));
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(size - 65_536, 0x5a), 0, size - 65_536, 65_536);
  await file.close();
  await assert.rejects(openCatalog(path, { mode: 'existing' }), damaged);
});

test("another program's database is refused, and left as it is", async (t) => {
  const path = join(await directory(t), 'other.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE t (x)');
  other.close();
  const before = await readFile(path);
  await assert.rejects(openCatalog(path, { mode: 'create' }), { code: 'database', message: /not a catalog/ });
  assert.deepEqual(await readFile(path), before);
});

test('a catalog of a newer program is refused', async (t) => {
  const path = await filled(await directory(t));
  const database = new DatabaseSync(path);
  const insert = database.prepare('INSERT INTO migrations (number, name, applied) VALUES (?, ?, 0)');
  insert.run(newestSchema(migrations) + 1, 'later');
  database.close();
  for (const mode of ['create', 'read-only'] as const) {
    await assert.rejects(openCatalog(path, { mode }), { code: 'database', message: /newer Mothball/ });
  }
});

test('migrations are numbered from 1 without gaps: what is below the newest is never looked at again', () => {
  const numbers = migrations.map((migration) => migration.number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
});

test('a migration that fails leaves nothing of itself, and the earlier ones in place', async (t) => {
  const database = new DatabaseSync(join(await directory(t), 'a.db'));
  const next = newestSchema(migrations) + 1;
  const broken = {
    number: next,
    name: 'broken',
    sql: 'CREATE TABLE half (x) STRICT; CREATE TABLE stores (x)',
  };
  assert.throws(() => migrate(database, 'a.db', [...migrations, broken]));
  migrate(database, 'a.db', migrations);
  migrate(database, 'a.db', [...migrations, { number: next, name: 'whole', sql: 'CREATE TABLE half (x)' }]);
  const names = database.prepare('SELECT number, name FROM migrations ORDER BY number').all();
  assert.deepEqual(names.at(-1)?.['name'], 'whole');
  database.close();
});

test('opening a catalog that exists keeps what it holds', async (t) => {
  const folder = await directory(t);
  const path = await filled(folder);
  for (const mode of ['create', 'existing'] as const) {
    const catalog = await opened(t, path, mode);
    assert.equal((await catalog.archives()).length, 1);
    await catalog[Symbol.asyncDispose]();
  }
  assert.deepEqual(await readdir(folder), ['mothball.db']);
});

async function filled(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'mothball.db');
  await using catalog = await openCatalog(path, { mode: 'create' });
  await catalog.addArchive(manifest(numbered(1, 2000)), 'm', null);
  return path;
}
