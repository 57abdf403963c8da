import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { copiedTables, leftTables } from '../../../src/catalog/copied-tables.ts';
import { copyDatabase } from '../../../src/catalog/copy-places.ts';
import { migrate } from '../../../src/catalog/migrate.ts';
import { migrations } from '../../../src/catalog/migrations/all.ts';
import { openCatalog } from '../../../src/catalog/sqlite.ts';
import type { Catalog } from '../../../src/ports/catalog.ts';
import {
  alice,
  day,
  inbox,
  manifest,
  message,
  numbered,
  reportText,
} from '../../contract/catalog-samples.ts';
import { directory } from '../directory.ts';
import { freshDatabase, openedPostgres, sharedPostgres } from './database.ts';

const now = day(400);
const options = { now, copied: (): void => undefined };

/** Something in most tables. */
async function fill(catalog: Catalog): Promise<void> {
  const archive = manifest([message(1, { subject: 'a\0b Zażółć', labels: ['x'] }), ...numbered(2, 1300)]);
  await catalog.addArchive(archive, 'm', null, { origin: 'sealed' });
  await catalog.markVerified(archive.head.id, day(3), true);
  const texts = [0, 1, 900].map((line) => ({
    line,
    body: `text ${line}`,
    attachments: 'a pdf',
    attached: 1,
  }));
  await catalog.addTexts(archive.head.id, texts);
  await catalog.setTextState(archive.head.id, 'failed');
  await catalog.setDeleteState(archive.head.id, [0, 1], { state: 'deleting', at: day(4), reason: null });
  await catalog.quarantineUid({ ...inbox, uid: message(7).uid, reason: 'odd', at: day(2) });
  const run = {
    ...alice,
    id: 'run-1',
    policy: 'old',
    started: day(1),
    finished: null,
    result: null,
    report: null,
  };
  await catalog.startRun(run);
  await catalog.finishRun('run-1', day(2), 'success', reportText());
  for (let n = 0; n < 5; n += 1)
    await catalog.addAudit({ at: day(n), who: 'me', action: 'show', account: null, detail: `${n}` });
  await catalog.setStoreMarker('local', 'marker');
}

async function shown(catalog: Catalog): Promise<unknown> {
  const [archive] = await catalog.archives();
  assert.ok(archive !== undefined);
  return {
    archive,
    lines: await catalog.lines(archive.id),
    deleting: await catalog.deleteEntries(archive.id, ['deleting', 'pending']),
    found: (await catalog.search({ words: ['zazolc'] })).map(({ id }) => id),
    inText: (await catalog.search({ body: ['text'], attached: true })).map(({ id }) => id),
    textState: await catalog.textState(archive.id),
    runs: await catalog.runs(10),
    totals: await catalog.runTotals(),
    marker: await catalog.storeMarker('local'),
    quarantine: await catalog.quarantineList(),
  };
}

test('every table is copied, or left on purpose', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database, ':memory:', migrations);
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'lines\\_text\\_%' ESCAPE '\\' AND name NOT LIKE 'texts\\_index\\_%' ESCAPE '\\'",
    )
    .all()
    .map(({ name }) => String(name));
  assert.deepEqual([...copiedTables.map(({ name }) => name), ...leftTables].toSorted(), tables.toSorted());
});

test('a catalog is the same in PostgreSQL, and the same again after the way back', async (t) => {
  const dir = await directory(t);
  const from = { type: 'sqlite', path: join(dir, 'from.db') } as const;
  const source = await openCatalog(from.path, { mode: 'create' });
  await fill(source);
  const before = await shown(source);
  await source[Symbol.asyncDispose]();
  const settings = await freshDatabase();
  const middle = { type: 'postgres', settings } as const;
  const sums = await copyDatabase(from, middle, options);
  assert.equal(sums.get('lines')?.rows, 1300);
  const { catalog } = await openedPostgres(t, settings, 'existing');
  assert.deepEqual(await shown(catalog), before);
  // New rows get numbers of their own.
  await catalog.addArchive(manifest(numbered(5000, 3)), 'm2', null);
  assert.equal((await catalog.archives()).length, 2);
  await catalog[Symbol.asyncDispose]();
  const back = { type: 'sqlite', path: join(dir, 'back.db') } as const;
  await copyDatabase(middle, back, options);
  const again = await openCatalog(back.path, { mode: 'existing' });
  const after = await shown(again);
  assert.equal((await again.archives()).length, 2);
  assert.deepEqual(after, before);
  await again[Symbol.asyncDispose]();
});

test('a copy that broke off permits nothing, and continues', async (t) => {
  const from = { type: 'sqlite', path: join(await directory(t), 'from.db') } as const;
  const source = await openCatalog(from.path, { mode: 'create' });
  await fill(source);
  const before = await shown(source);
  await source[Symbol.asyncDispose]();
  const settings = await freshDatabase();
  const to = { type: 'postgres', settings } as const;
  const breaking = {
    now,
    copied: (table: string, rows: number): void => {
      if (table === 'lines' && rows > 600) throw new Error('power cut');
    },
  };
  await assert.rejects(copyDatabase(from, to, breaking), /power cut/);
  const half = await openedPostgres(t, settings, 'existing');
  assert.equal(await half.catalog.storeMarker('local'), null, 'no store is known, so nothing may be deleted');
  await half.catalog[Symbol.asyncDispose]();
  const parts: number[] = [];
  await copyDatabase(from, to, {
    now,
    copied: (table, rows) => void (table === 'lines' && parts.push(rows)),
  });
  assert.ok((parts.at(-1) ?? 0) < 1300, 'it did not begin again');
  const { catalog } = await openedPostgres(t, settings, 'existing');
  assert.deepEqual(await shown(catalog), before);
});

test('a copy is refused while anything runs, and into a catalog in use', async (t) => {
  const dir = await directory(t);
  const from = { type: 'sqlite', path: join(dir, 'from.db') } as const;
  const source = await openCatalog(from.path, { mode: 'create' });
  await fill(source);
  await source.heartbeat({ id: 'd', host: 'here', pid: 7, started: now, seen: now, state: '{}' });
  const settings = await freshDatabase();
  const to = { type: 'postgres', settings } as const;
  await assert.rejects(
    copyDatabase(from, to, options),
    /Mothball works on .*from.db \(here, pid 7\); nothing was copied/,
  );
  await source.daemonGone('d');
  await copyDatabase(from, to, options);
  await assert.rejects(copyDatabase(from, to, options), /holds a catalog already/);
  const other = await openedPostgres(t, settings, 'existing');
  await using lock = await other.locks.account(alice);
  assert.ok(lock !== null);
  const back = { type: 'sqlite', path: join(dir, 'back.db') } as const;
  await assert.rejects(
    copyDatabase(to, back, { ...options, now: new Date() }),
    /Mothball works on postgres:/,
  );
  await source[Symbol.asyncDispose]();
});

test('a copy that differs is not finished', async (t) => {
  const from = { type: 'sqlite', path: join(await directory(t), 'from.db') } as const;
  const source = await openCatalog(from.path, { mode: 'create' });
  await fill(source);
  await source[Symbol.asyncDispose]();
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const copied = (table: string): void => {
    if (table === 'audit')
      altering.push(server.sql(settings.database, 'UPDATE lines SET size = size + 1 WHERE line = 5'));
  };
  const altering: Promise<string>[] = [];
  await assert.rejects(
    copyDatabase(from, { type: 'postgres', settings }, { now, copied }),
    /the copy of table lines differs .*must not be used/,
  );
  await Promise.all(altering);
});
