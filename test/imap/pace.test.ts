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
  const pace = new Pace(1, () => undefined, stop.signal);
  await pace.take(1_000_000);
  const waiting = pace.take(1);
  stop.abort(new RangeError('stopped'));
  await assert.rejects(waiting, { message: 'stopped' });
});
