import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import { erase, type EraseWork } from '../../src/expire/erase.ts';
import { expireStore } from '../../src/expire/expire.ts';
import { accountDirectory } from '../../src/format/archive-key.ts';
import type { Store } from '../../src/ports/store.ts';
import { alice, digest } from '../contract/catalog-samples.ts';
import { expireSite, type ExpireSite, usual } from './world.ts';

/** The store with some of its parts changed. */
function changed(store: Store, parts: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(name in parts ? parts : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The site with one old archive among young ones, and its work with a store that lets nobody remove such keys. */
async function guarded(t: TestContext, part: string) {
  const site = await expireSite(t, (store) => store);
  const { head } = await site.add(1, 40);
  for (let number = 2; number <= 10; number += 1) await site.add(number, 20);
  const { store } = site;
  const remove = async (key: string): Promise<void> => {
    if (key.includes(part)) throw new MothballError('403 AccessDenied', { code: 'store' });
    await store.remove(key);
  };
  return { site, id: head.id, work: { ...site.work, store: changed(store, { remove }) } };
}

const eraseWork = ({ work }: ExpireSite, store: Store): EraseWork => ({
  ...work,
  stores: new Map([['local', store]]),
});
const request = { account: alice, configured: true, reason: 'request 17' } as const;

for (const state of ['verified', 'quarantined'] as const) {
  test(`a ${state} archive that the store does not let go stays as it was, and is told`, async (t) => {
    const { site, id, work } = await guarded(t, '.manifest');
    const { catalog } = site.work;
    if (state === 'quarantined') await catalog.setArchiveState(id, state, 'bytes differ');
    const [before, keys] = [await catalog.archive(id), await site.keys()];
    const report = await expireStore(work, { ...usual, quarantined: true });
    assert.deepEqual([report?.removed, report?.finished], [[], []]);
    assert.match(
      report?.errors.map(({ message }) => message).join() ?? '',
      /^archive [0-9a-f]{12} was not removed and stays as it was: 403 AccessDenied$/,
    );
    assert.deepEqual(await catalog.archive(id), before);
    assert.equal((await catalog.lines(id)).length, 1);
    assert.deepEqual(await site.keys(), keys);
    const again = await expireStore(site.work, { ...usual, quarantined: true });
    assert.equal(again?.removed.length, 1);
    assert.deepEqual(await catalog.lines(id), []);
  });
}

test('an archive that the store lets go in part is not forgotten, and the next expire goes on', async (t) => {
  const { site, id, work } = await guarded(t, '.mbox');
  const { catalog } = site.work;
  for (let round = 0; round < 2; round += 1) {
    const report = await expireStore(work, usual);
    assert.deepEqual([report?.removed, report?.finished], [[], []]);
    assert.match(report?.errors.map(({ message }) => message).join() ?? '', /403 AccessDenied/);
    assert.equal((await catalog.archive(id))?.state, 'expired');
    assert.equal((await catalog.lines(id)).length, 1);
  }
  const finished = await expireStore(site.work, usual);
  assert.deepEqual(
    finished?.finished.map((record) => record.id),
    [id],
  );
  assert.deepEqual(await catalog.lines(id), []);
  assert.ok((await site.keys()).every((key) => !key.includes(id)));
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

for (const what of ['expire', 'erase'] as const) {
  test(`${what} forgets an archive whose files a crash let nothing of behind`, async (t) => {
    const { site, id } = await guarded(t, 'nothing');
    const { catalog, store } = site.work;
    await catalog.setArchiveState(id, 'expired', 'retain: 30d');
    for (const key of await site.keys()) if (key.includes(id)) await store.remove(key);
    if (what === 'erase') await erase(eraseWork(site, store), request);
    else assert.equal((await expireStore(site.work, usual))?.finished.length, 1);
    assert.deepEqual(await catalog.lines(id), []);
    assert.deepEqual((await expireStore(site.work, usual))?.finished, []);
  });
}

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

for (const [hours, refused] of [
  [23, false],
  [-23, false],
  [25, true],
  [-25, true],
] as const) {
  test(`a store whose clock is ${hours} hours ahead ${refused ? 'is left alone' : 'may be expired'}`, async (t) => {
    const { site } = await guarded(t, 'nothing');
    const store = changed(site.store, { clockAheadMs: hours * 3_600_000 });
    const keys = await site.keys();
    if (!refused) {
      assert.equal((await expireStore({ ...site.work, store }, usual))?.removed.length, 1);
      return await erase(eraseWork(site, store), request).then(() => undefined);
    }
    const refusal = { code: 'refused', message: /clock of this machine is 25 hours (ahead of|behind)/ };
    await assert.rejects(expireStore({ ...site.work, store }, usual), refusal);
    await assert.rejects(erase(eraseWork(site, store), request), refusal);
    assert.deepEqual(await site.keys(), keys);
  });
}

test("where the policy was changed since, another account's hold may cover the archive's folder", async (t) => {
  const { site } = await guarded(t, 'nothing');
  const holds = [{ name: 'case-4711', accounts: { include: ['nobody'], exclude: [] }, match: null }];
  const policies = site.work.policies.map((policy) => ({ ...policy, hash: 'fedcba9876543210' }));
  const kept = await expireStore({ ...site.work, holds, policies }, usual);
  assert.deepEqual(kept?.removed, []);
  assert.match(kept.kept.map(({ reason }) => reason).join(), /case-4711/);
  assert.equal((await expireStore({ ...site.work, holds }, usual))?.removed.length, 1);
});
