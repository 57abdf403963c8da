import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseFile } from '../../src/catalog/database-file.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { manifest, numbered } from '../contract/catalog-samples.ts';
import { start } from './children/start.ts';
import { directory, opened } from './directory.ts';

test('whatever was acknowledged before SIGKILL is there afterwards, and the catalog opens', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  for (const round of [1, 2, 3]) {
    const child = start(t, 'record-runs.ts', [path, `${round}-`, '1000000']);
    await child.printed(round * 40);
    child.process.kill('SIGKILL');
    await child.ended();
    assert.ok(child.lines.length >= round * 40, `the child stopped early: ${child.lines.at(-1)}`);
    await using catalog = await openCatalog(path, { mode: 'existing' });
    const kept = new Set((await catalog.runs(1_000_000)).map((run) => run.id));
    assert.deepEqual(
      child.lines.filter((id) => !kept.has(id)),
      [],
    );
  }
});

test('two processes write at once, and a third reads meanwhile', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  const children = ['a', 'b'].map((prefix) => start(t, 'record-runs.ts', [path, prefix, '150']));
  await children[0]?.printed(1);
  await using reader = await openCatalog(path, { mode: 'read-only' });
  while (children.some((child) => child.process.exitCode === null)) {
    assert.ok((await reader.runs(1000)).length >= 1);
    await sleep(5);
  }
  await Promise.all(children.map((child) => child.ended()));
  assert.equal((await reader.runs(1000)).length, 300);
  assert.deepEqual(
    children.map((child) => child.lines.length),
    [150, 150],
  );
});

test('a failed COMMIT closes the catalog: nothing of it is there, all before it is', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  // Room for the schema and some runs, not for all: the -wal can't grow beyond 800 KiB.
  const child = start(t, 'record-runs.ts', [path, '', '200', '30000'], 1600);
  await child.ended();
  assert.deepEqual(child.lines.slice(-2), ['error database', 'closed database']);
  const acknowledged = child.lines.slice(0, -2);
  assert.ok(acknowledged.length > 0);
  await using catalog = await openCatalog(path, { mode: 'existing' });
  const kept = (await catalog.runs(1000)).map((run) => run.id).toReversed();
  assert.deepEqual(kept, acknowledged);
});

test('a COMMIT that SQLite refuses closes the connection', async (t) => {
  const database = new DatabaseSync(join(await directory(t), 'a.db'));
  database.exec(
    'CREATE TABLE a (x PRIMARY KEY); CREATE TABLE b (x REFERENCES a DEFERRABLE INITIALLY DEFERRED)',
  );
  const file = new DatabaseFile('a.db', false, database);
  await file.begin();
  await file.query('INSERT INTO b VALUES (?)', [1]);
  assert.throws(() => file.commit(), { code: 'database', message: /FOREIGN KEY/ });
  file.rollback();
  await assert.rejects(file.query('SELECT 1', []), {
    code: 'database',
    message: /closed.*FOREIGN KEY.*Run again/,
  });
  assert.throws(() => file.commit(), { code: 'database' });
  assert.equal(database.isOpen, false);
});

test('a write waits for the transaction of another process, without stopping this one', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  const catalog = await opened(t, path);
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10).unref();
  const write = catalog.setStoreMarker('local', 'uuid');
  await sleep(400);
  other.exec('COMMIT');
  other.close();
  await write;
  clearInterval(timer);
  assert.ok(ticks >= 3, `${ticks} ticks`);
  assert.equal(await catalog.storeMarker('local'), 'uuid');
});

test('calls made at once do not mix: a failing one takes back its own work only', async (t) => {
  const catalog = await opened(t, join(await directory(t), 'mothball.db'));
  const [first, second] = [manifest(numbered(1, 3000)), manifest(numbered(5000, 5009))];
  const results = await Promise.allSettled([
    catalog.addArchive(first, 'm1', 'no such batch'),
    catalog.addArchive(second, 'm2', null),
    catalog.setStoreMarker('local', 'uuid'),
    catalog.archives(),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(
    (await catalog.archives()).map((archive) => archive.id),
    [second.head.id],
  );
  assert.equal((await catalog.search({})).length, 10);
});

test('ten thousand lines are added and marked in transactions that leave the process alive', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  const catalog = await opened(t, path);
  const large = manifest(numbered(1, 10_000));
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1).unref();
  const compiled = t.mock.method(DatabaseSync.prototype, 'prepare');
  const executed = t.mock.method(DatabaseSync.prototype, 'exec');
  await catalog.addArchive(large, 'm', null);
  clearInterval(timer);
  await catalog.markVerified(large.head.id, new Date(0), true);
  const all = large.messages.map((_, line) => line);
  await catalog.setDeleteState(large.head.id, all, { state: 'deleting', at: new Date(0), reason: null });
  assert.equal((await catalog.deleteEntries(large.head.id, ['deleting'])).length, 10_000);
  // A compile or a commit for each line would take many times as long.
  const commits = executed.mock.calls.filter(({ arguments: [sql] }) => /commit/i.test(sql));
  assert.equal(commits.length, 3, 'one transaction for each of three calls');
  assert.ok(compiled.mock.callCount() < 100, `${compiled.mock.callCount()} compiled`);
  assert.ok(ticks >= 5, `${ticks} ticks`);
  assert.ok((await stat(path)).size > 0);
});
