import assert from 'node:assert/strict';
import test from 'node:test';
import { erase } from '../../src/expire/erase.ts';
import { expireStore } from '../../src/expire/expire.ts';
import { alice } from '../contract/catalog-samples.ts';
import { changed, eraseWork, guarded, usual } from './world.ts';

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
