import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { inspect } from 'node:util';
import { migrate } from '../../../src/catalog/migrate.ts';
import { migrations } from '../../../src/catalog/migrations/all.ts';
import { migratePostgres } from '../../../src/catalog/postgres/migrate.ts';
import { postgresMigrations } from '../../../src/catalog/postgres/migrations/all.ts';
import { openPostgres } from '../../../src/catalog/postgres/open.ts';
import { isError } from '../../../src/errors.ts';
import { manifest, message } from '../../contract/catalog-samples.ts';
import { freshDatabase, openedPostgres, settingsOf, sharedPostgres } from './database.ts';

/** Tables and columns, each `table.column`. The text index is a virtual table in SQLite, with tables of its own. */
function columnsOfSqlite(): readonly string[] {
  using database = new DatabaseSync(':memory:');
  migrate(database, ':memory:', migrations);
  const rows = database
    .prepare(
      `SELECT tables.name AS "table", columns.name AS "column" FROM sqlite_schema AS tables
       JOIN pragma_table_info(tables.name) AS columns
       WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tables.name NOT LIKE 'lines\\_text\\_%' ESCAPE '\\'
       AND tables.name NOT LIKE 'texts\\_index\\_%' ESCAPE '\\'`,
    )
    .all();
  return rows.map((row) => `${String(row['table'])}.${String(row['column'])}`).toSorted();
}

test('SQLite and PostgreSQL have the same tables and columns', async () => {
  const { database } = await freshDatabase();
  const server = await sharedPostgres();
  const text = await server.sql(
    database,
    "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
  );
  const columns = text.trim().split('\n').toSorted();
  // Their row number is no column there.
  assert.deepEqual(
    columns.filter((name) => name !== 'lines_text.rowid' && name !== 'texts_index.rowid'),
    columnsOfSqlite(),
  );
});

test('each migration since the baseline has a twin of the same number and name', () => {
  const [baseline, ...later] = postgresMigrations;
  const since = migrations.filter(({ number }) => number > (baseline?.number ?? 0));
  assert.deepEqual(
    later.map(({ number, name }) => [number, name]),
    since.map(({ number, name }) => [number, name]),
  );
});

for (const [setting, value] of [
  ['fsync', 'off'],
  ['synchronous_commit', 'off'],
  ['full_page_writes', 'off'],
] as const) {
  test(`a server with ${setting} = ${value} is refused in plain words`, async () => {
    const server = await sharedPostgres();
    const settings = await freshDatabase();
    await server.sql('postgres', `ALTER SYSTEM SET ${setting} = ${value}`);
    await server.sql('postgres', 'SELECT pg_reload_conf(), pg_sleep(0.5)');
    try {
      await assert.rejects(openPostgres(settings, { mode: 'create' }), (error) => {
        assert.ok(isError(error, 'database'));
        assert.match(
          error.message,
          new RegExp(`${setting} = off, so that .*; nothing is deleted .*Set ${setting} = on`),
        );
        return true;
      });
      // What only reads permits nothing.
      const reading = await openPostgres(settings, { mode: 'read-only' });
      await reading.catalog[Symbol.asyncDispose]();
    } finally {
      await server.sql('postgres', `ALTER SYSTEM RESET ${setting}`);
      await server.sql('postgres', 'SELECT pg_reload_conf(), pg_sleep(0.5)');
    }
  });
}

test('several processes may migrate one new database at once', async (t) => {
  const server = await sharedPostgres();
  await server.database('at-once');
  const settings = settingsOf(server, 'at-once');
  await Promise.all([1, 2, 3, 4].map(() => migratePostgres(settings)));
  const { catalog } = await openedPostgres(t, settings, 'existing');
  assert.deepEqual(await catalog.archives(), []);
});

test('a database of another program, a newer one and a missing catalog are refused', async () => {
  const server = await sharedPostgres();
  await server.database('foreign');
  await server.sql('foreign', 'CREATE TABLE invoices (n int)');
  const foreign = settingsOf(server, 'foreign');
  await assert.rejects(
    openPostgres(foreign, { mode: 'create' }),
    /has tables of another program; it was left alone/,
  );
  const newer = await freshDatabase();
  await server.sql(newer.database, "INSERT INTO migrations VALUES (999, 'later', 0)");
  await assert.rejects(
    openPostgres(newer, { mode: 'create' }),
    /was written by a newer Mothball \(schema 999/,
  );
  await server.database('empty');
  await assert.rejects(
    openPostgres(settingsOf(server, 'empty'), { mode: 'existing' }),
    /there is no catalog in .*mothball reindex/,
  );
  assert.equal(
    (await server.sql('empty', "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).trim(),
    '0',
  );
});

test('read-only writes nothing: a missing catalog reads as an empty one', async (t) => {
  const server = await sharedPostgres();
  await server.database('unwritten');
  const { catalog } = await openedPostgres(t, settingsOf(server, 'unwritten'), 'read-only');
  assert.deepEqual(await catalog.archives(), []);
  await assert.rejects(catalog.setStoreMarker('local', 'x'), (error) => isError(error, 'database'));
  const there = await openedPostgres(t, await freshDatabase(), 'read-only');
  await assert.rejects(there.catalog.setStoreMarker('local', 'x'), (error) => isError(error, 'database'));
  assert.equal(await there.locks.account({ server: 'main', account: 'alice' }), null);
});

test('the password is in no error', async () => {
  const server = await sharedPostgres();
  const password = async (): Promise<string> => 'canary-secret';
  for (const change of [{ host: '127.0.0.1', port: 1 }, { database: 'missing' }]) {
    const settings = { ...settingsOf(server, 'postgres'), ...change, password };
    const error = await openPostgres(settings, { mode: 'existing' }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(isError(error, 'database'));
    assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /canary-secret/);
  }
});

test('texts with U+0000 and with the last code point of Unicode come back as they were', async (t) => {
  const { catalog } = await openedPostgres(t, await freshDatabase());
  const subject = 'a\0b\u{10ffff}c\u{10ffff}0 \ud83d\ude00';
  const archive = manifest([message(1, { subject, labels: ['x\0'], from: '\0' })]);
  await catalog.addArchive(archive, 'm', null);
  assert.deepEqual(await catalog.lines(archive.head.id), archive.messages);
  assert.equal((await catalog.search({ subject: ['b'] })).length, 1);
});

test('words longer than an index takes, and mail of nothing but words, are recorded and found', async (t) => {
  const { catalog } = await openedPostgres(t, await freshDatabase());
  const long = 'x'.repeat(2000);
  const archive = manifest([
    message(1, { subject: long }),
    message(2, { messageId: `<${'é'.repeat(2000)}@x>`, subject: 'kurz' }),
  ]);
  await catalog.addArchive(archive, 'm', null);
  assert.equal((await catalog.search({ words: [long] })).length, 1);
  assert.equal((await catalog.search({ messageId: `<${'é'.repeat(2000)}@x>` })).length, 1);
});
