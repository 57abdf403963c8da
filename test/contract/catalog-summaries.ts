import assert from 'node:assert/strict';
import test from 'node:test';
import type { AccountRef } from '../../src/domain/account.ts';
import { recordRun } from './catalog-browse.ts';
import { alice, bob, day, reportText } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** What thousands of runs come to, without reading all of them. */
export function summaryContract(name: string, make: MakeCatalog): void {
  test(`${name}: policies are summed up without a look at each account`, async (t) => {
    const catalog = await make(t);
    await recordRun(catalog, 1, 'success');
    await recordRun(catalog, 2, 'failed', { account: bob });
    await recordRun(catalog, 3, 'success', { account: bob });
    const bad = await recordRun(catalog, 4, 'partial');
    const sum = async (accounts: readonly AccountRef[]) =>
      (await catalog.policySummaries(accounts, ['old', 'never'])).map(({ policy, last, succeeded }) => [
        policy,
        last?.id ?? null,
        succeeded,
      ]);
    assert.deepEqual(await sum([alice, bob]), [
      ['old', bad, 1],
      ['never', null, 0],
    ]);
    assert.deepEqual((await sum([alice]))[0], ['old', bad, 0]);
    assert.deepEqual((await sum([]))[0], ['old', null, 0]);
    // One that is under way has not ended well yet; one that never did has no outcome either.
    await recordRun(catalog, 5, null, { account: bob });
    await recordRun(catalog, 6, 'interrupted', { policy: 'never' });
    assert.deepEqual(
      (await sum([alice, bob])).map(([, , succeeded]) => succeeded),
      [0, 0],
    );
  });

  test(`${name}: runs in brief have their report only where something was moved`, async (t) => {
    const catalog = await make(t);
    const moved = await recordRun(catalog, 1, 'success');
    const idle = { ...alice, id: 'idle', policy: 'old', started: day(2) };
    await catalog.startRun({ ...idle, finished: null, result: null, report: null });
    await catalog.finishRun('idle', day(2), 'success', reportText());
    const found = await catalog.runBriefs({}, 9);
    assert.deepEqual(
      found.map(({ id, report }) => [id, report !== null]),
      [
        ['idle', false],
        [moved, true],
      ],
    );
    assert.equal((await catalog.runBriefs({ policy: 'new' }, 9)).length, 0);
    assert.equal((await catalog.runBriefs({}, 1)).length, 1);
  });
}
