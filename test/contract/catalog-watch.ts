import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uid } from '../../src/domain/brands.ts';
import type { RunResult } from '../../src/domain/run-result.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { QuotaSample } from '../../src/ports/watch.ts';
import { noticeContract } from './catalog-notices.ts';
import { alice, batch, bob, day, digest, inbox, reportText } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const hourMs = 3_600_000;
const nightly = { name: 'policy old', expression: '15 2 * * *', timezone: 'UTC' };
const scan = { name: 'scan', expression: '*/15 * * * *', timezone: 'UTC' };

function sample(at: Date, used: number, changes: Partial<QuotaSample> = {}): QuotaSample {
  const limits = { limitBytes: bytes(1_000), usedMessages: 7, limitMessages: null };
  return { ...alice, root: 'User', at, usedBytes: bytes(used), ...limits, ...changes };
}

async function ran(
  catalog: Catalog,
  id: string,
  policy: string,
  at: number,
  result: RunResult | null,
): Promise<void> {
  await catalog.startRun({
    id,
    ...alice,
    policy,
    started: day(at),
    finished: null,
    result: null,
    report: null,
  });
  if (result !== null)
    await catalog.finishRun(id, new Date(day(at).getTime() + hourMs), result, reportText());
}

/** What the daemon and its page live on. */
export function watchContract(name: string, make: MakeCatalog): void {
  noticeContract(name, make);
  pruneContract(name, make);

  scheduleContract(name, make);
  sampleContract(name, make);

  test(`${name}: the first pause stays until it is ended, once`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.paused(), null);
    const first = { since: day(1), who: 'root', reason: 'audit' };
    await catalog.pause(first);
    await catalog.pause({ since: day(2), who: 'eve', reason: null });
    assert.deepEqual(await catalog.paused(), first);
    assert.deepEqual(await catalog.resume(), first);
    assert.equal(await catalog.paused(), null);
    assert.equal(await catalog.resume(), null);
  });

  test(`${name}: the size of the database is known, and grows`, async (t) => {
    const catalog = await make(t);
    const before = await catalog.databaseBytes();
    assert.ok(before > 10_000 && Number.isSafeInteger(before), String(before));
    const entry = { at: day(1), who: 'x', action: 'x', account: null, detail: 'y'.repeat(200) };
    for (let number = 0; number < 200; number += 1) await catalog.addAudit(entry);
    assert.ok((await catalog.databaseBytes()) > before);
  });

  test(`${name}: a daemon is seen while it speaks, and forgotten when it is gone or long silent`, async (t) => {
    const catalog = await make(t);
    const one = { id: 'one', host: 'a', pid: 1, started: day(1), seen: day(1), state: '{}' };
    const two = { ...one, id: 'two', pid: 2, started: day(2), seen: day(2), state: '{"jobs":[]}' };
    await catalog.heartbeat(one);
    assert.deepEqual(await catalog.daemons(), [one]);
    await catalog.heartbeat({ ...two, state: 'older' });
    await catalog.heartbeat(two);
    assert.deepEqual(await catalog.daemons(), [two], 'the first one was silent for a day');
    await catalog.daemonGone('two');
    assert.deepEqual(await catalog.daemons(), []);
  });
}

function scheduleContract(name: string, make: MakeCatalog): void {
  test(`${name}: a schedule is known since it is as it is, and forgotten when it is gone`, async (t) => {
    const catalog = await make(t);
    await catalog.knowSchedules([nightly, scan], day(1));
    const changed = { ...nightly, timezone: 'Europe/Warsaw' };
    assert.deepEqual(
      await catalog.knowSchedules([changed, scan], day(5)),
      new Map([
        [changed.name, day(5)],
        [scan.name, day(1)],
      ]),
    );
    await catalog.knowSchedules([], day(6));
    assert.deepEqual(await catalog.knowSchedules([scan], day(7)), new Map([[scan.name, day(7)]]));
  });

  test(`${name}: a policy last ran when its latest run began that was not broken off`, async (t) => {
    const catalog = await make(t);
    await ran(catalog, '1', 'old', 1, 'success');
    await ran(catalog, '2', 'old', 2, 'failed');
    await ran(catalog, '3', 'old', 3, 'interrupted');
    await ran(catalog, '4', 'old', 4, null);
    await ran(catalog, '5', 'large', 5, 'limit');
    const expected = new Map([
      ['large', day(5)],
      ['old', day(2)],
    ]);
    assert.deepEqual(
      new Map([...(await catalog.lastRuns(alice))].toSorted((a, b) => a[0].localeCompare(b[0]))),
      expected,
    );
    assert.deepEqual(await catalog.lastRuns(bob), new Map());
  });

  test(`${name}: a job was last done when it was said to be`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.lastDone('scrub'), null);
    await catalog.setDone('scrub', day(1));
    await catalog.setDone('scrub', day(2));
    assert.deepEqual(await catalog.lastDone('scrub'), day(2));
  });

  test(`${name}: old runs are forgotten with their lines, the latest of each policy stays`, async (t) => {
    const catalog = await make(t);
    for (const at of [1, 2, 3]) await ran(catalog, `r${at}`, 'old', at, 'success');
    await ran(catalog, 'once', 'rare', 1, 'success');
    await ran(catalog, 'cut', 'broken', 1, 'interrupted');
    const line = { at: day(1), level: 'warn', text: 'zażółć "x"' } as const;
    await catalog.addRunLines('r1', alice, [line, { ...line, level: 'info' }]);
    await catalog.addRunLines('r3', alice, [{ ...line, at: day(3) }]);
    await catalog.addRunLines('r3', bob, []);
    assert.deepEqual(await catalog.runLines('r1', alice), [line, { ...line, level: 'info' }]);
    assert.deepEqual(await catalog.runLines('r1', bob), []);
    await catalog.pruneRuns(day(3));
    assert.deepEqual(
      (await catalog.runs(10)).map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)),
      ['cut', 'once', 'r3'],
    );
    assert.deepEqual(await catalog.runLines('r1', alice), []);
    assert.equal((await catalog.runLines('r3', alice)).length, 1);
  });
}

function sampleContract(name: string, make: MakeCatalog): void {
  test(`${name}: a scan leaves its samples, folder sizes and error`, async (t) => {
    const catalog = await make(t);
    const folders = [{ ...alice, path: 'INBOX', at: day(1), messages: 3, bytes: bytes(300) }];
    const none = sample(day(1), 5, { root: 'Other', usedBytes: null, limitBytes: null, usedMessages: null });
    await catalog.addScan({ ...alice, at: day(1), error: null }, [sample(day(1), 10), none], folders);
    await catalog.addScan({ ...alice, at: day(2), error: null }, [sample(day(2), 20)], null);
    await catalog.addScan({ ...bob, at: day(2), error: 'refused' }, [], null);
    assert.deepEqual(await catalog.samples(alice, day(1)), [none, sample(day(1), 10), sample(day(2), 20)]);
    assert.deepEqual(await catalog.samples(alice, day(2)), [sample(day(2), 20)]);
    assert.deepEqual(
      await catalog.newestSamples(),
      [sample(day(2), 20)],
      'the root that is gone is not shown',
    );
    assert.deepEqual(await catalog.folderSamples(alice), folders);
    assert.deepEqual(await catalog.scans(), [
      { ...alice, at: day(2), error: null },
      { ...bob, at: day(2), error: 'refused' },
    ]);
    await catalog.addScan({ ...alice, at: day(3), error: null }, [], []);
    assert.deepEqual(await catalog.folderSamples(alice), []);
  });

  test(`${name}: samples are thinned with age: all, one an hour, one a day, none`, async (t) => {
    const catalog = await make(t);
    const now = new Date('2026-06-01T00:00:00Z');
    const back = (hours: number): Date => new Date(now.getTime() - hours * hourMs);
    const quarters = (day0: number): readonly Date[] =>
      Array.from({ length: 96 }, (_, index) => back(day0 * 24 + 24 - index / 4));
    const times = [...quarters(0), ...quarters(10), ...quarters(100), ...quarters(800)];
    await catalog.addScan(
      { ...alice, at: now, error: null },
      times.map((at) => sample(at, at.getTime() % 1_000)),
      null,
    );
    const left = async (): Promise<readonly number[]> => {
      const kept = await catalog.samples(alice, new Date(0));
      return [0, 10, 100, 800].map(
        (days) => kept.filter(({ at }) => at >= back(days * 24 + 24) && at < back(days * 24)).length,
      );
    };
    assert.deepEqual(await left(), [96, 96, 96, 96]);
    await catalog.thinSamples(now);
    assert.deepEqual(await left(), [96, 24, 1, 0]);
    await catalog.thinSamples(now);
    assert.deepEqual(await left(), [96, 24, 1, 0]);
  });
}

function pruneContract(name: string, make: MakeCatalog): void {
  test(`${name}: a run that a passing fault ended is still due, whatever else it did`, async (t) => {
    const catalog = await make(t);
    const failed = async (id: string, code: string, result: RunResult, at: number): Promise<void> => {
      const open = { finished: null, result: null, report: null };
      await catalog.startRun({ id, ...alice, policy: 'old', started: day(at), ...open });
      const report = reportText({ errors: ['no'] }).replace('"connect"', `"${code}"`);
      await catalog.finishRun(id, day(at), result, report);
    };
    for (const code of ['connect', 'timeout', 'store', 'config']) {
      await failed(`1 ${code}`, code, 'failed', 2);
      await failed(`2 ${code}`, code, 'partial', 3);
    }
    assert.equal((await catalog.lastRuns(alice)).get('old'), undefined);
    await failed('3', 'auth', 'failed', 4);
    assert.deepEqual((await catalog.lastRuns(alice)).get('old'), day(4));
  });

  test(`${name}: prune forgets closed batches, runs without an end, restores and audit`, async (t) => {
    const catalog = await make(t);
    await catalog.createBatch(batch('closed'));
    await catalog.closeBatch('closed', 'abandoned', 'gone');
    await catalog.createBatch(batch('open'));
    await ran(catalog, 'died', 'old', 1, null);
    await ran(catalog, 'lives', 'old', 9, null);
    const made = { ...alice, folder: 'INBOX', uidValidity: inbox.uidValidity, sha256: digest('x') };
    for (const at of [1, 9])
      await catalog.addRestores([{ ...made, uid: uid(at), outcome: 'restored', detail: null, at: day(at) }]);
    const limit = day(5);
    await catalog.prune({ closedBatches: limit, unfinishedRuns: limit, restores: limit, audit: limit });
    assert.deepEqual(
      (await catalog.openBatches(alice)).map(({ key }) => key),
      ['open'],
    );
    await assert.rejects(catalog.closeBatch('closed', 'abandoned', 'again'), 'it is forgotten');
    assert.deepEqual(
      (await catalog.runs(10)).map(({ id }) => id),
      ['lives'],
    );
    const left = await catalog.restoredUids(alice, 'INBOX', inbox.uidValidity, new Date(0));
    assert.deepEqual([...left], [9]);
    assert.deepEqual(await catalog.accountsWithIntents(), []);
  });
}
