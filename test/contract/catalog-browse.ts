import assert from 'node:assert/strict';
import test from 'node:test';
import type { AccountRef } from '../../src/domain/account.ts';
import type { RunResult } from '../../src/domain/run-result.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { alice, bob, day, manifest, numbered, reportText } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** A run on a day of January; `result` null: still under way. */
export async function recordRun(
  catalog: Catalog,
  at: number,
  result: RunResult | null,
  {
    account = alice,
    policy = 'old',
    bytes = 0,
  }: Partial<{ account: AccountRef; policy: string; bytes: number }> = {},
): Promise<string> {
  const id = `run-${at}/${policy}/${account.account}`;
  const open = { finished: null, result: null, report: null };
  await catalog.startRun({ ...account, id, policy, started: day(at), ...open });
  const moved = { messages: 1, bytes };
  if (result !== null)
    await catalog.finishRun(
      id,
      day(at),
      result,
      reportText({ archived: { messages: 2, bytes: 20 }, deleted: moved }),
    );
  return id;
}

/** Long lists in parts, and what each day came to. */
export function browseContract(name: string, make: MakeCatalog): void {
  test(`${name}: runs come in parts, newest first, with how many there are`, async (t) => {
    const catalog = await make(t);
    const ids = [];
    for (const at of [1, 2, 3, 4, 5]) ids.unshift(await recordRun(catalog, at, 'success'));
    const first = await catalog.runPage({}, { limit: 2, offset: 0 });
    const last = await catalog.runPage({}, { limit: 2, offset: 4 });
    assert.deepEqual([first.rows.map(({ id }) => id), first.total], [ids.slice(0, 2), 5]);
    assert.deepEqual([last.rows.map(({ id }) => id), last.total], [ids.slice(4), 5]);
    assert.deepEqual(first.rows, (await catalog.runs(2)).slice(0, 2));
  });

  test(`${name}: runs are filtered by account, policy, result and time`, async (t) => {
    const catalog = await make(t);
    const all = { limit: 9, offset: 0 };
    const mine = await recordRun(catalog, 1, 'success');
    const bobs = await recordRun(catalog, 2, 'failed', { account: bob });
    const other = await recordRun(catalog, 3, null, { policy: 'new' });
    const found = async (filter: Parameters<Catalog['runPage']>[0]): Promise<readonly string[]> =>
      (await catalog.runPage(filter, all)).rows.map(({ id }) => id);
    assert.deepEqual(await found({ accounts: [bob] }), [bobs]);
    assert.deepEqual(await found({ accounts: [] }), []);
    assert.deepEqual(await found({ policy: 'new' }), [other]);
    assert.deepEqual(await found({ result: 'success' }), [mine]);
    assert.deepEqual(await found({ accounts: [alice], result: 'failed' }), []);
    assert.deepEqual(await found({ from: day(2), to: day(2) }), [bobs]);
    assert.deepEqual(await found({ from: day(2) }), [other, bobs]);
    assert.deepEqual(await found({ to: day(2) }), [bobs, mine]);
    assert.deepEqual(await found({ results: ['failed', 'limit'] }), [bobs]);
    assert.deepEqual(await found({ actedSince: day(2) }), [bobs]);
    assert.deepEqual(await found({ actedSince: day(9) }), []);
  });

  test(`${name}: the newest run of each policy on each account is found, one that has not ended too`, async (t) => {
    const catalog = await make(t);
    await recordRun(catalog, 1, 'success');
    await recordRun(catalog, 2, 'failed', { account: bob });
    const good = await recordRun(catalog, 3, 'success', { account: bob });
    const open = await recordRun(catalog, 4, null);
    const bad = await recordRun(catalog, 2, 'failed', { policy: 'new' });
    const found = await catalog.latestRuns([alice, bob], ['old', 'new', 'never']);
    assert.deepEqual(
      found.map(({ id }) => id),
      [open, good, bad],
    );
    const troubles = await catalog.latestTroubles();
    assert.deepEqual(
      troubles.map(({ id }) => id),
      [open, bad],
    );
    // A report is as long as a mailbox is odd; only what went wrong is looked at.
    assert.deepEqual(
      found.map(({ report }) => report !== null),
      [false, false, true],
    );
    assert.deepEqual(await catalog.latestRuns([], ['old']), []);
    assert.deepEqual(await catalog.latestRuns([alice], []), []);
  });

  test(`${name}: runs are found by the start of their ID, and nothing in it is a pattern`, async (t) => {
    const catalog = await make(t);
    const first = await recordRun(catalog, 1, 'success');
    await recordRun(catalog, 2, 'success');
    const found = async (start: string): Promise<readonly string[]> =>
      (await catalog.runsBeginning(start, 9)).map(({ id }) => id);
    assert.deepEqual(await found('run-1'), [first]);
    assert.deepEqual(await found('run-%'), []);
    assert.equal((await catalog.runsBeginning('run-', 1)).length, 1);
    // The limit counts what is asked for, not what is left out.
    const bobs = await recordRun(catalog, 1, 'success', { account: bob });
    assert.deepEqual(
      (await catalog.runsBeginning('run-', 1, [bob])).map(({ id }) => id),
      [bobs],
    );
  });

  test(`${name}: the audit comes in parts, newest first, by account, action and day`, async (t) => {
    const catalog = await make(t);
    const entry = (at: number, action: string, account: string | null) =>
      catalog.addAudit({ at: day(at), who: 'root', action, account, detail: `${at}` });
    await entry(1, 'search', null);
    await entry(2, 'show', alice.account);
    await entry(3, 'restore', bob.account);
    const found = async (
      filter: Parameters<Catalog['auditPage']>[0],
      limit = 9,
    ): Promise<readonly unknown[]> => {
      const { rows, total } = await catalog.auditPage(filter, { limit, offset: 0 });
      return [rows.map(({ detail }) => detail), total];
    };
    assert.deepEqual(await found({}, 2), [['3', '2'], 3]);
    assert.deepEqual(await found({ accounts: [alice] }), [['2'], 1]);
    assert.deepEqual(await found({ action: 'restore' }), [['3'], 1]);
    assert.deepEqual(await found({ since: day(2) }), [['3', '2'], 2]);
    const { rows } = await catalog.auditPage({ action: 'show' }, { limit: 1, offset: 0 });
    assert.deepEqual(rows, [
      { at: day(2), who: 'root', action: 'show', account: alice.account, detail: '2' },
    ]);
  });

  test(`${name}: one run is found by its ID, and no other`, async (t) => {
    const catalog = await make(t);
    const id = await recordRun(catalog, 1, null);
    assert.equal((await catalog.run(id))?.finished, null);
    assert.equal(await catalog.run(`${id}x`), null);
  });

  test(`${name}: archives come in parts, newest first, filtered`, async (t) => {
    const catalog = await make(t);
    for (const at of [1, 2, 3]) {
      const created = day(at).toISOString();
      await catalog.addArchive(
        manifest(numbered(at * 10, at * 10 + 1), { created, policy: `p${at}` }),
        'm',
        null,
      );
    }
    const part = await catalog.archivePage({}, { limit: 2, offset: 1 });
    assert.deepEqual([part.rows.map(({ policy }) => policy), part.total], [['p2', 'p1'], 3]);
    const one = await catalog.archivePage({ policy: 'p3' }, { limit: 9, offset: 0 });
    assert.deepEqual([one.rows.map(({ policy }) => policy), one.total], [['p3'], 1]);
    assert.deepEqual(await catalog.archivePage({ accounts: [bob] }, { limit: 9, offset: 0 }), {
      rows: [],
      total: 0,
    });
  });

  test(`${name}: a search goes on where its first part ended`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(manifest(numbered(1, 5)), 'm', null);
    const all = await catalog.search({ words: ['subject'] });
    const part = await catalog.search({ words: ['subject'], limit: 2, offset: 3 });
    assert.equal(all.length, 5);
    assert.deepEqual(part, all.slice(3));
  });

  test(`${name}: days add up what runs did, and outlive the runs`, async (t) => {
    const catalog = await make(t);
    await recordRun(catalog, 1, 'success', { bytes: 5 });
    await recordRun(catalog, 3, 'success', { bytes: 7 });
    await recordRun(catalog, 3, 'partial', { bytes: 11, account: bob, policy: 'new' });
    await recordRun(catalog, 4, null);
    const expected = [
      {
        day: new Date('2024-01-01'),
        archived: { messages: 2, bytes: 20 },
        deleted: { messages: 1, bytes: 5 },
      },
      {
        day: new Date('2024-01-03'),
        archived: { messages: 4, bytes: 40 },
        deleted: { messages: 2, bytes: 18 },
      },
    ];
    assert.deepEqual(await catalog.days(day(1)), expected);
    assert.deepEqual(await catalog.days(day(2)), expected.slice(1));
    await catalog.pruneRuns(day(9));
    assert.deepEqual(await catalog.days(day(1)), expected);
  });

  test(`${name}: accounts are told of as long as they have an archive that is not expired`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.archivedAccounts(), []);
    const bobs = manifest(numbered(5, 5), bob);
    for (const one of [bobs, manifest(numbered(1, 1)), manifest(numbered(2, 3))])
      await catalog.addArchive(one, 'm', null);
    assert.deepEqual(await catalog.archivedAccounts(), [alice, bob]);
    await catalog.setArchiveState(bobs.head.id, 'expired', 'past its time');
    assert.deepEqual(await catalog.archivedAccounts(), [alice]);
  });

  test(`${name}: what waits for its purge is summed up for all accounts at once`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.allPending(), []);
    const mine = manifest(numbered(1, 3));
    const bobs = manifest(numbered(5, 5), { ...bob, policy: 'new' });
    const unverified = manifest(numbered(7, 8));
    for (const one of [mine, bobs, unverified]) await catalog.addArchive(one, 'm', null);
    await catalog.markVerified(mine.head.id, day(4), true);
    await catalog.markVerified(bobs.head.id, day(5), true);
    await catalog.setDeleteState(mine.head.id, [0], { state: 'deleting', at: day(6), reason: null });
    await catalog.setDeleteState(mine.head.id, [0], { state: 'deleted', at: day(6), reason: null });
    assert.deepEqual(await catalog.allPending(), [
      { ...alice, policy: 'old', messages: 2, bytes: 1002 + 1003, since: day(4) },
      { ...bob, policy: 'new', messages: 1, bytes: 1005, since: day(5) },
    ]);
  });
}
