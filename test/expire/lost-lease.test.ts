/** On PostgreSQL a lock can be lost: whoever was silent for too long records and removes nothing more. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import type { OpenedCatalog } from '../../src/catalog/open.ts';
import { erase } from '../../src/expire/erase.ts';
import { expireStore } from '../../src/expire/expire.ts';
import type { Locks } from '../../src/ports/locks.ts';
import type { RemovableStore } from '../../src/ports/store.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { StoreOwnership } from '../../src/preflight/store-owner.ts';
import { reindex } from '../../src/upkeep/reindex.ts';
import { rename } from '../../src/upkeep/rename.ts';
import { freshDatabase, openedPostgres, sharedPostgres } from '../catalog/postgres/database.ts';
import { alice } from '../contract/catalog-samples.ts';
import { changed, eraseWork, type ExpireSite, expireSite, idOf, usual } from './world.ts';

type Taken = 'account' | 'store';

interface LeaseSite {
  readonly site: ExpireSite;
  /** What another process sees. */
  readonly other: OpenedCatalog;
  /** The other process has the lock from now on. */
  take(what: Taken): Promise<void>;
  /** All that the catalog says, to be compared. */
  state(): Promise<unknown>;
}

/** Ten archives, one of them past its time, on PostgreSQL. */
async function leaseSite(
  t: TestContext,
  wrap: (store: RemovableStore) => RemovableStore = (store) => store,
): Promise<LeaseSite> {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const [own, other] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  const site = await expireSite(t, wrap, own);
  await site.add(1, 40);
  for (let number = 2; number <= 10; number += 1) await site.add(number, 20);
  return {
    site,
    other,
    async take(what) {
      await server.sql(settings.database, 'UPDATE leases SET expires = 0');
      const { locks } = other;
      const taken = await (what === 'account' ? locks.account(alice) : locks.store('local'));
      assert.ok(taken !== null);
      t.after(() => taken[Symbol.asyncDispose]());
    },
    async state() {
      const archives = await other.catalog.archives({ store: 'local' });
      const audit = await server.sql(settings.database, 'SELECT * FROM audit');
      return [archives, await other.catalog.lines(idOf(1)), audit];
    },
  };
}

/** The store in which this happens at the first call that a method gets. */
function before(
  store: RemovableStore,
  method: 'lockOf' | 'remove' | 'list',
  happens: () => Promise<void>,
): RemovableStore {
  let done = false;
  const once = async (): Promise<void> => {
    if (done) return;
    done = true;
    await happens();
  };
  return changed(store, {
    async lockOf(key) {
      if (method === 'lockOf') await once();
      return await store.lockOf(key);
    },
    async remove(key) {
      if (method === 'remove') await once();
      await store.remove(key);
    },
    async *list(prefix) {
      if (method === 'list') await once();
      yield* store.list(prefix);
    },
  });
}

const lost = { code: 'database', message: /was taken over by another mothball process/ };

for (const what of ['account', 'store'] as const) {
  test(`expire that lost the lock of the ${what} before it began records and removes nothing`, async (t) => {
    const { site, take, state } = await leaseSite(t);
    const [files, records] = [await site.keys(), await state()];
    // Looked at once more under the lock of the account, before anything is written.
    let looks = 0;
    const store = changed(site.store, {
      async lockOf(key) {
        looks += 1;
        if (looks === 3) await take(what);
        return await site.store.lockOf(key);
      },
    });
    await assert.rejects(expireStore({ ...site.work, store }, usual), lost);
    assert.ok(looks >= 3, `looked ${looks} times`);
    assert.deepEqual(await site.keys(), files);
    assert.deepEqual(await state(), records);
  });

  test(`expire that loses the lock of the ${what} between two files leaves the rest`, async (t) => {
    const { site, take, other } = await leaseSite(t);
    const files = await site.keys();
    const store = before(site.store, 'remove', async () => {
      await take(what);
      // As long as it takes until a proof is no longer fresh.
      await sleep(2_600);
    });
    await assert.rejects(expireStore({ ...site.work, store }, usual), lost);
    // The manifest was on its way; the object, and what the catalog knows, are for the successor.
    assert.equal((await site.keys()).length, files.length - 1);
    assert.equal((await other.catalog.archive(idOf(1)))?.state, 'expired');
    assert.equal((await other.catalog.lines(idOf(1))).length, 1);
  });

  test(`erase that lost the lock of the ${what} records and removes nothing`, async (t) => {
    const { site, take, state } = await leaseSite(t);
    const [files, records] = [await site.keys(), await state()];
    const store = before(site.store, 'list', () => take(what));
    const erasure = { account: alice, configured: false, reason: 'left' };
    await assert.rejects(erase(eraseWork(site, store), erasure), lost);
    assert.deepEqual(await site.keys(), files);
    assert.deepEqual(await state(), records);
  });
}

test('rename that lost a lock changes no name', async (t) => {
  const { site, take, state } = await leaseSite(t);
  const records = await state();
  const { gate, locks, catalog, clock } = site.work;
  assert.ok(gate instanceof StoreGate);
  const losing: Locks = {
    ...locks,
    async account(account) {
      const lock = await locks.account(account);
      // The second one; the first is lost then.
      if (account.account !== alice.account) await take('account');
      return lock;
    },
  };
  const renaming = { catalog, locks: losing, gate, clock, stores: ['local'], who: 'tester' };
  const names = { from: alice, to: { server: 'main', account: 'alice2' } };
  await assert.rejects(rename(renaming, names), lost);
  assert.deepEqual(await state(), records);
});

test('reindex that lost the lock of the store records nothing', async (t) => {
  const { site, take, state } = await leaseSite(t);
  const records = await state();
  const { work } = site;
  await using lock = await work.locks.store('local');
  assert.ok(lock?.fenced);
  // A manifest that is gone would make its archive a damaged one.
  const [manifest] = (await site.keys()).filter((key) => key.includes('manifest'));
  assert.ok(manifest !== undefined);
  await site.store.remove(manifest);
  await take('store');
  const input = {
    store: site.store,
    catalog: lock.fenced,
    permit: lock,
    newStore: false,
    takeOver: false,
    ownership: new StoreOwnership(work.catalog, work.clock, { place: '', directory: null }),
    who: 'tester',
    clock: work.clock,
    progress: work.progress,
    decryption: null,
  };
  await assert.rejects(reindex(input), lost);
  assert.deepEqual(await state(), records);
});
