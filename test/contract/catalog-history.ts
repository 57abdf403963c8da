import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uid, uidValidity } from '../../src/domain/brands.ts';
import type { RunResult } from '../../src/domain/run-result.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { alice, bob, day, digest, manifest, numbered, reportText } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

async function finish(
  catalog: Catalog,
  id: string,
  run: {
    readonly account?: typeof alice;
    readonly policy?: string;
    readonly at: number;
    readonly result: RunResult;
  },
  report: string,
): Promise<void> {
  const { account = alice, policy = 'old', at, result } = run;
  const open = { started: day(at), finished: null, result: null, report: null };
  await catalog.startRun({ id, ...account, policy, ...open });
  await catalog.finishRun(id, day(at), result, report);
}

/** What metrics come back from after a restart. */
export function historyContract(name: string, make: MakeCatalog): void {
  test(`${name}: a policy is known since it was first named`, async (t) => {
    const catalog = await make(t);
    await catalog.knowPolicies(['old'], day(1));
    const known = await catalog.knowPolicies(['old', 'new'], day(5));
    const expected = new Map([
      ['old', day(1)],
      ['new', day(5)],
    ]);
    assert.deepEqual(known, expected);
    assert.deepEqual(await catalog.knownPolicies(), expected);
  });

  test(`${name}: totals of runs add up by policy and result, and outlive the runs`, async (t) => {
    const catalog = await make(t);
    const moved = { archived: { messages: 3, bytes: 300 }, deleted: { messages: 2, bytes: 200 } };
    await finish(catalog, 'r1', { at: 1, result: 'success' }, reportText(moved));
    await finish(catalog, 'r2', { account: bob, at: 2, result: 'success' }, reportText(moved));
    await finish(catalog, 'r3', { at: 3, result: 'failed' }, reportText({ errors: ['no route'] }));
    await finish(catalog, 'r4', { at: 4, result: 'success' }, reportText());
    await catalog.pruneRuns(day(20));
    const none = { messages: 0, bytes: 0 };
    assert.deepEqual(
      (await catalog.runTotals()).toSorted((a, b) => (a.result < b.result ? -1 : 1)),
      [
        { policy: 'old', result: 'failed', runs: 1, archived: none, deleted: none },
        {
          policy: 'old',
          result: 'success',
          runs: 3,
          archived: { messages: 6, bytes: 600 },
          deleted: { messages: 4, bytes: 400 },
        },
      ],
    );
  });

  test(`${name}: the outcome of an account is that of its last run that was not broken off`, async (t) => {
    const catalog = await make(t);
    await finish(catalog, 'r1', { at: 1, result: 'success' }, reportText());
    await finish(catalog, 'r2', { at: 2, result: 'partial' }, reportText({ errors: ['no route'] }));
    await finish(catalog, 'r3', { at: 3, result: 'interrupted' }, reportText({ errors: ['SIGTERM'] }));
    const limits = ['maxPercent', 'maxBytes', 'maxPercent'];
    await finish(catalog, 'r4', { account: bob, at: 4, result: 'limit' }, reportText({ limits }));
    await finish(
      catalog,
      'r5',
      { policy: 'new', at: 5, result: 'interrupted' },
      reportText({ errors: ['SIGINT'] }),
    );
    const outcomes = await catalog.runOutcomes();
    assert.deepEqual(
      outcomes.toSorted((a, b) => (a.account < b.account ? -1 : 1)),
      [
        { policy: 'old', ...alice, failed: true, limits: [], succeeded: day(1) },
        { policy: 'old', ...bob, failed: false, limits: ['maxPercent', 'maxBytes'], succeeded: null },
      ],
    );
  });

  test(`${name}: a report that is none is refused with its run`, async (t) => {
    const catalog = await make(t);
    await assert.rejects(finish(catalog, 'r1', { at: 1, result: 'success' }, '{}'), { code: 'database' });
    assert.deepEqual(await catalog.runTotals(), []);
    assert.equal((await catalog.runs(1))[0]?.finished, null);
  });

  test(`${name}: verified and quarantined archives are counted by store, again each time`, async (t) => {
    const catalog = await make(t);
    const sealed = manifest(numbered(1, 3));
    await catalog.addArchive(sealed, 'm1', null);
    await catalog.markVerified(sealed.head.id, day(1), false);
    await catalog.markVerified(sealed.head.id, day(2), false);
    await catalog.setArchiveState(sealed.head.id, 'quarantined', 'damaged');
    await catalog.setArchiveState(sealed.head.id, 'expired', 'retain');
    assert.deepEqual(await catalog.verificationTotals(), [{ store: 'local', ok: 2, failed: 1 }]);
  });

  test(`${name}: what waits for its deletion is counted by policy`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual([...(await catalog.pendingByPolicy())], []);
    const sealed = manifest(numbered(1, 3));
    await catalog.addArchive(sealed, 'm1', null);
    await catalog.markVerified(sealed.head.id, day(1), true);
    assert.deepEqual([...(await catalog.pendingByPolicy())], [[sealed.head.policy, 3]]);
    await catalog.setDeleteState(sealed.head.id, [0], { state: 'deleting', at: day(2), reason: null });
    await catalog.setDeleteState(sealed.head.id, [1], {
      state: 'abandoned',
      at: day(2),
      reason: { code: 'other', detail: 'flagged' },
    });
    assert.deepEqual([...(await catalog.pendingByPolicy())], [[sealed.head.policy, 2]]);
  });

  test(`${name}: archives are counted by store and state, and expiry and restores add up for ever`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.archiveCounts(), []);
    assert.deepEqual(await catalog.eventTotals(), { restored: 0, expired: new Map() });
    const archive = manifest(numbered(1, 3));
    await catalog.addArchive(archive, 'a.json', null);
    const { id, store } = archive.head;
    const [sealed] = await catalog.archiveCounts();
    assert.deepEqual([sealed?.store, sealed?.state, sealed?.archives], [store, 'sealed', 1]);
    assert.ok((sealed?.bytes ?? 0) > 0);
    await catalog.setArchiveState(id, 'expired', 'retain is over');
    await catalog.setArchiveState(id, 'expired', 'again');
    assert.deepEqual(
      (await catalog.archiveCounts()).map(({ state, archives }) => [state, archives]),
      [['expired', 1]],
    );
    assert.deepEqual((await catalog.eventTotals()).expired, new Map([[store, 1]]));
    await catalog.reinstate({ id, state: 'sealed', stateReason: null });
    assert.deepEqual((await catalog.eventTotals()).expired, new Map([[store, 0]]));
    await catalog.addRestores([], 4);
    await catalog.addRestores([], 2);
    assert.equal((await catalog.eventTotals()).restored, 6);
  });

  test(`${name}: a store is summed up without what expired, and its growth counts from the given time`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.storeFigures(day(1)), []);
    const made = [1, 2, 3, 4].map((n) =>
      manifest(numbered(n, n), { id: digest(`a${n}`), bytes: bytes(n * 100), created: day(n).toISOString() }),
    );
    for (const one of made) await catalog.addArchive(one, `${one.head.id}.json`, null);
    const [first, second, third, fourth] = made.map(({ head }) => head.id);
    if (!first || !second || !third || !fourth) return assert.fail();
    await catalog.setArchiveState(first, 'expired', 'retain is over');
    await catalog.markVerified(second, day(9), false);
    await catalog.setArchiveState(third, 'quarantined', 'differs');
    const [found, ...others] = await catalog.storeFigures(day(4));
    assert.deepEqual(others, []);
    assert.deepEqual(found, {
      store: 'local',
      archives: 3,
      messages: 3,
      bytes: 1002 + 1003 + 1004,
      storedBytes: 900,
      grown: { archives: 1, storedBytes: 400 },
      unverified: 1,
      oldestUnverified: day(4),
      longestUnread: day(9),
      quarantined: 1,
    });
  });

  test(`${name}: quarantined messages are counted by server`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.quarantinedByServer(), new Map());
    const entry = { ...alice, folder: 'INBOX', uidValidity: uidValidity(7), mailboxId: null, at: day(1) };
    for (const number of [3, 4]) await catalog.quarantineUid({ ...entry, uid: uid(number), reason: 'odd' });
    assert.deepEqual(await catalog.quarantinedByServer(), new Map([[alice.server, 2]]));
  });
}
