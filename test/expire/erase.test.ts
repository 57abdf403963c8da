/** Erasing an account: a real local store, real SQLite. The program does it in `erase-program.test.ts`. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test, { type TestContext } from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { erase, type Erasure, planErase } from '../../src/expire/erase.ts';
import { accountDirectory, manifestKey } from '../../src/format/archive-key.ts';
import type { RemovableStore } from '../../src/ports/store.ts';
import { alice, batch, bob, digest } from '../contract/catalog-samples.ts';
import { changed, eraseWork, expireSite, type ExpireSite, guarded, locking } from './world.ts';

const request: Erasure = { account: alice, configured: true, reason: 'request 17' };

/** A site with this many archives of one message each, all too young to expire. */
async function siteWith(
  t: TestContext,
  count: number,
  wrap: (store: RemovableStore) => RemovableStore = (store) => store,
): Promise<ExpireSite> {
  const site = await expireSite(t, wrap);
  for (let number = 1; number <= count; number += 1) await site.add(number, 20);
  return site;
}

test('all archives of the account go, whatever they retain, and nothing of any other', async (t) => {
  const site = await siteWith(t, 3);
  const others = `${accountDirectory(bob)}/inbox-0123456789/2024/${digest('of bob')}.mbox.zst`;
  await site.store.putBytes(others, Buffer.from('of bob'));
  const { archives, refusals } = await planErase(eraseWork(site), request);
  assert.deepEqual([archives.length, refusals.length, (await site.keys()).length], [3, 0, 6]);
  assert.equal((await erase(eraseWork(site), request)).archives.length, 3);
  assert.deepEqual(await site.keys(), []);
  assert.notEqual(await site.store.stat(others), null);
  for (const record of await site.work.catalog.archives()) {
    assert.deepEqual([record.state, record.stateReason], ['expired', 'erased: request 17']);
    assert.deepEqual(await site.work.catalog.lines(record.id), []);
  }
  assert.equal((await erase(eraseWork(site), request)).archives.length, 0);
});

test('what is in no archive goes too: objects without a manifest, and receipts', async (t) => {
  const site = await siteWith(t, 1);
  const stem = `${accountDirectory(alice)}/inbox-0123456789/2024/${digest('orphan')}`;
  for (const key of [`${stem}.mbox.zst`, `${stem}.receipts/a.json`])
    await site.store.putBytes(key, Buffer.from('orphan'));
  await erase(eraseWork(site), request);
  assert.deepEqual(await site.keys(), []);
});

test('one hold refuses all of it', async (t) => {
  const site = await siteWith(t, 2);
  const holds = [{ name: 'case-4711', accounts: { include: ['*'], exclude: [] }, match: null }];
  await assert.rejects(erase({ ...eraseWork(site), holds }, request), {
    code: 'refused',
    message: /held by case-4711/,
  });
  assert.equal((await site.keys()).length, 4);
});

test('an erasure is refused by one object lock, and says until when', async (t) => {
  const until = new Date('2030-01-01T00:00:00Z');
  const site = await siteWith(t, 3, locking('.mbox', { mode: 'COMPLIANCE', until }));
  await assert.rejects(erase(eraseWork(site), request), {
    code: 'refused',
    message: /none of them was: .*under object lock \(COMPLIANCE\) until 2030-01-01/,
  });
  assert.equal((await site.keys()).length, 6);
});

test('nothing is erased while a manifest in the store is unknown to the database', async (t) => {
  const site = await siteWith(t, 1);
  const key = `${accountDirectory(alice)}/inbox-0123456789/2024/${digest('unknown')}.mbox.zst`;
  await site.store.putBytes(manifestKey(key), Buffer.from('unknown'));
  await assert.rejects(erase(eraseWork(site), request), { code: 'database', message: /mothball reindex/ });
  assert.equal((await site.keys()).length, 3);
});

test('nothing is erased while one of its archives is in a store that is not configured', async (t) => {
  const site = await siteWith(t, 1);
  const work = { ...eraseWork(site), stores: new Map<string, RemovableStore>() };
  await assert.rejects(erase(work, request), { code: 'store', message: /Add it again/ });
  assert.equal((await site.keys()).length, 2);
});

for (const what of ['account', 'store'] as const) {
  test(`nothing is erased while another process has the ${what}`, async (t) => {
    const site = await siteWith(t, 1);
    const { locks } = site.work;
    await using lock = await (what === 'account' ? locks.account(alice) : locks.store('local'));
    assert.ok(lock !== null);
    await assert.rejects(erase(eraseWork(site), request), { code: 'locked' });
    assert.equal((await site.keys()).length, 2);
  });
}

test('an interrupted run has to be finished first, unless its account is no longer configured', async (t) => {
  const site = await siteWith(t, 1);
  const { catalog } = site.work;
  await catalog.createBatch(batch('open'));
  await assert.rejects(erase(eraseWork(site), request), { code: 'refused', message: /interrupted run/ });
  assert.equal((await site.keys()).length, 2);
  await erase(eraseWork(site), { ...request, configured: false });
  assert.deepEqual([await site.keys(), await catalog.openBatches(alice)], [[], []]);
});

test('while everything is paused nothing is erased', async (t) => {
  const site = await siteWith(t, 1);
  await site.work.catalog.pause({ since: site.work.clock.now(), who: 'tester', reason: null });
  await assert.rejects(erase(eraseWork(site), request), { code: 'interrupted' });
  assert.equal((await site.keys()).length, 2);
});

test('an erasure that the store refuses leaves the archive as it was', async (t) => {
  const { site, id, work } = await guarded(t, '.manifest');
  const before = await site.work.catalog.archive(id);
  await assert.rejects(erase(eraseWork(site, work.store), request), {
    code: 'store',
    message: /stays as it was/,
  });
  assert.deepEqual(await site.work.catalog.archive(id), before);
});

test('an erasure also removes what the store keeps of mail that somebody removed', async (t) => {
  const site = await expireSite(t, (store) => store);
  const { store } = site;
  const hidden = `${accountDirectory(alice)}/inbox-0123456789/2024/${digest('x')}`;
  const keys = [`${hidden}.manifest.jsonl.zst`, `${hidden}.mbox.zst`];
  const removed: string[] = [];
  const versioned = changed(store, {
    async *listKept() {
      for (const key of keys) yield { key, bytes: bytes(1), version: null };
    },
    remove: async (key) => void removed.push(key),
  });
  await erase(eraseWork(site, versioned), request);
  assert.deepEqual(removed, keys);
});
