import assert from 'node:assert/strict';
import test from 'node:test';
import { Pace } from '../../src/imap/pace.ts';

test('what was taken beyond the budget is waited for by whoever comes next', async () => {
  const waits: number[] = [];
  const pace = new Pace(100_000, (ms) => waits.push(ms));
  await pace.take(50_000);
  assert.deepEqual(waits, [], 'the first one goes ahead at once');
  const began = performance.now();
  await Promise.all([pace.take(50_000), pace.take(1)]);
  assert.equal(waits.length, 2);
  // The second waits for the first half second of budget, the third for that of the second too.
  assert.ok((waits[1] ?? 0) > (waits[0] ?? 0) + 400);
  assert.ok(performance.now() - began >= 800, 'nobody is let through early');
});

test('a wait ends with the signal, and with its reason', async () => {
  const stop = new AbortController();
  const pace = new Pace(1, () => undefined, { signal: stop.signal });
  await pace.take(1_000_000);
  const waiting = pace.take(1);
  stop.abort(new RangeError('stopped'));
  await assert.rejects(waiting, { message: 'stopped' });
});

test('where the budget is shared, what all together took is waited for', async () => {
  const waits: number[] = [];
  const asked: (readonly [number, number])[] = [];
  const shared = async (bytes: number, perSecond: number): Promise<number> => {
    asked.push([bytes, perSecond]);
    return asked.length === 1 ? 0 : 30;
  };
  const pace = new Pace(100_000, (ms) => waits.push(ms), { shared });
  await pace.take(5_000_000);
  await pace.take(7);
  assert.deepEqual(asked, [
    [5_000_000, 100_000],
    [7, 100_000],
  ]);
  assert.deepEqual(waits, [30]);
});
