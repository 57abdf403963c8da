/** One database writes to a store: real local stores, real SQLite (SAFETY I6). */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { unshared } from '../../src/catalog/locks.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { ownerKey } from '../../src/format/store-owner.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { RemovableStore } from '../../src/ports/store.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { localStore } from '../../src/store/local.ts';
import { reindex, type ReindexReport } from '../../src/upkeep/reindex.ts';

const clock = { now: () => new Date('2026-06-15T12:00:00Z') };
const quiet = (): void => undefined;

interface Installation {
  readonly catalog: Catalog;
  /** Rows of its audit. */
  readonly audit: () => readonly Record<string, unknown>[];
  readonly gate: StoreGate;
  readonly freshGate: () => StoreGate;
  readonly reindex: (takeOver?: boolean) => Promise<ReindexReport>;
}

interface World {
  readonly store: RemovableStore;
  readonly install: (name: string, place?: string, directory?: string) => Promise<Installation>;
  readonly owners: () => Promise<readonly string[]>;
}

async function world(t: TestContext): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'owner-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const store = localStore({ name: 'local', path: join(directory, 'archive'), ephemeral: true });
  const stores = new Map([['local', store]]);
  return {
    store,
    async install(name, place = `host:/${name}.db`, home) {
      const catalog = await openCatalog(join(directory, `${name}.db`), { mode: 'create' });
      t.after(() => catalog[Symbol.asyncDispose]());
      const freshGate = (): StoreGate =>
        new StoreGate({
          stores,
          catalog,
          clock,
          warn: quiet,
          where: { place, directory: home ?? null },
        });
      const gate = freshGate();
      const progress = { begin: quiet, advance: quiet, end: quiet, note: quiet };
      const shared = {
        store,
        newStore: false,
        catalog,
        clock,
        progress,
        decryption: null,
        permit: unshared,
        who: 'ann',
      };
      const rebuild = (takeOver = false) => reindex({ ...shared, ownership: gate.ownership, takeOver });
      const audit = (): readonly Record<string, unknown>[] => {
        using database = new DatabaseSync(join(directory, `${name}.db`), { readOnly: true });
        return database.prepare('SELECT who, action, detail FROM audit').all();
      };
      return { catalog, audit, gate, freshGate, reindex: rebuild };
    },
    owners: () => readdir(join(directory, 'archive/.mothball/owner')),
  };
}

test('a second database that knows the store by a reindex may read it and not write to it; both are named', async (t) => {
  const { install, owners } = await world(t);
  const first = await install('first');
  await first.gate.open('local');
  const second = await install('second');
  const { foreign } = await second.reindex();
  const named = new RegExp(
    `another database \\(${await first.catalog.databaseId()}, host:/first\\.db, since 2026-06-15.*this one \\(.*host:/second\\.db\\).*--take-over`,
  );
  assert.match(foreign ?? '', named);
  await assert.rejects(second.gate.open('local'), { code: 'store', message: named });
  await assert.rejects(second.gate.requireOurs(second.gate.find('local')), { code: 'store' });
  assert.match((await second.gate.inspect('local')).refusals.join(), named);
  assert.equal(await second.gate.recognise(second.gate.find('local')), true, 'reading is no matter of it');
  await first.freshGate().open('local');
  assert.deepEqual(await owners(), ['00000001.json']);
});

test('a database that takes over is on record, and the other one is refused at its next step', async (t) => {
  const { install } = await world(t);
  const first = await install('first');
  await first.gate.open('local');
  const second = await install('second');
  assert.equal((await second.reindex(true)).foreign, null);
  await second.gate.open('local');
  await assert.rejects(first.gate.open('local'), { code: 'store', message: /host:\/second\.db/ });
  const entry = second.audit().find((row) => row['action'] === 'take-over');
  assert.match(String(entry?.['detail']), /^local: taken over from .*host:\/first\.db/);
  assert.equal(entry?.['who'], 'ann');
  await first.reindex(true);
  await first.gate.open('local');
  await assert.rejects(second.gate.open('local'), { code: 'store', message: /host:\/first\.db/ });
});

test('a database that was lost and made again in its place takes over by reindex alone', async (t) => {
  const { install } = await world(t);
  const lost = await install('lost', 'host:/mothball.db', '12/34');
  await lost.gate.open('local');
  const again = await install('again', 'host:/mothball.db', '12/34');
  await assert.rejects(again.gate.open('local'), { code: 'database', message: /reindex/ });
  assert.equal((await again.reindex()).foreign, null);
  await again.freshGate().open('local');
  const actions = again.audit().map((row) => row['action']);
  assert.ok(actions.includes('take-over'), actions.join());
  await assert.rejects(lost.gate.open('local'), { code: 'store' });
});

for (const [what, directory] of [
  ['another directory', '12/35'],
  ['a place that nobody can tell from others', undefined],
] as const) {
  test(`a database in ${what} takes no store over by an equal host name and path`, async (t) => {
    const { install } = await world(t);
    const first = await install(
      'first',
      'mothball-0:/data/mothball.db',
      directory === undefined ? undefined : '12/34',
    );
    await first.gate.open('local');
    const other = await install('other', 'mothball-0:/data/mothball.db', directory);
    assert.match((await other.reindex()).foreign ?? '', /--take-over/);
    await assert.rejects(other.gate.open('local'), { code: 'store', message: /--take-over/ });
    await first.freshGate().open('local');
  });
}

test('a store from before stores had an owner belongs to the first database that writes to it', async (t) => {
  const { store, install, owners } = await world(t);
  const old = await install('old');
  const marker = '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c';
  await store.writeMarker(marker);
  await old.catalog.setStoreMarker('local', marker);
  const other = await install('other');
  assert.equal((await other.reindex()).foreign, null);
  assert.deepEqual((await old.gate.inspect('local')).refusals, []);
  await assert.rejects(owners(), { code: 'ENOENT' }, 'to look at it takes nothing');
  await old.gate.open('local');
  await assert.rejects(other.gate.open('local'), { code: 'store', message: /host:\/old\.db/ });
});

test('of two databases that take a store at the same moment one has it', async (t) => {
  const { store, install, owners } = await world(t);
  const both = [await install('one'), await install('two')];
  const marker = '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c';
  await store.writeMarker(marker);
  for (const { catalog } of both) await catalog.setStoreMarker('local', marker);
  const outcomes = await Promise.allSettled(both.map(({ gate }) => gate.open('local')));
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.deepEqual(await owners(), ['00000001.json']);
});

test('a store whose record of its owner is damaged is disabled', async (t) => {
  const { store, install } = await world(t);
  const first = await install('first');
  await first.gate.open('local');
  await store.putBytes(ownerKey(2), new TextEncoder().encode('{"database": 7}'));
  await assert.rejects(first.freshGate().open('local'), { code: 'store', message: /00000002.*is damaged/ });
});
