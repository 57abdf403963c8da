import assert from 'node:assert/strict';
import test from 'node:test';
import { alice, day, reportText } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** What the records say about the clock. */
export function timesContract(name: string, make: MakeCatalog): void {
  test(`${name}: a run that did nothing is seen, and proves no moment; one that did, a restore and a verification do`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.recordedTimes(), { acted: null, seen: null });
    const run = { ...alice, policy: 'old', finished: null, result: null, report: null };
    await catalog.startRun({ id: 'r1', ...run, started: day(3) });
    await catalog.finishRun('r1', day(4), 'success', reportText());
    assert.deepEqual(await catalog.recordedTimes(), { acted: null, seen: day(3) });
    await catalog.startRun({ id: 'r2', ...run, started: day(5) });
    await catalog.finishRun('r2', day(6), 'success', reportText({ deleted: { messages: 1, bytes: 9 } }));
    assert.deepEqual(await catalog.recordedTimes(), { acted: day(6), seen: day(5) });
  });

  test(`${name}: moments of the future can be pulled back to now, those of the past stay`, async (t) => {
    const catalog = await make(t);
    const run = { ...alice, policy: 'old', finished: null, result: null, report: null };
    await catalog.startRun({ id: 'past', ...run, started: day(1) });
    await catalog.startRun({ id: 'future', ...run, started: day(3_000) });
    await catalog.finishRun(
      'future',
      day(3_001),
      'success',
      reportText({ archived: { messages: 1, bytes: 9 } }),
    );
    await catalog.setDone('scrub', day(3_000));
    await catalog.pullBack(day(2));
    assert.deepEqual(await catalog.recordedTimes(), { acted: day(2), seen: day(2) });
    const starts = (await catalog.runs(9)).map(({ id, started }) => [id, started]);
    assert.deepEqual(starts, [
      ['future', day(2)],
      ['past', day(1)],
    ]);
    assert.deepEqual(await catalog.lastDone('scrub'), day(2));
  });
}
