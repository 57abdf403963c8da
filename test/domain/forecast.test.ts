import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { forecast, type UseSample } from '../../src/domain/forecast.ts';

const hourMs = 3_600_000;
const now = new Date('2026-06-01T00:00:00Z');
const limit = 1_000_000;

/** Samples one hour apart, the last of them now. */
function hourly(used: readonly number[], most: number | null = limit): readonly UseSample[] {
  return used.map((value, index) => ({
    at: new Date(now.getTime() - (used.length - 1 - index) * hourMs),
    used: value,
    limit: most,
  }));
}

function line(from: number, step: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + step * index);
}

function hoursLeft(samples: readonly UseSample[]): number {
  const found = forecast(samples, now);
  assert.ok(found.kind === 'full', found.kind);
  return (found.at.getTime() - now.getTime()) / hourMs;
}

test('a mailbox that grows evenly is full when the line meets the limit', () => {
  assert.equal(hoursLeft(hourly(line(500_000, 10_000, 11))), 40);
});

test('what can not be told is not told', () => {
  const table: readonly (readonly [kind: string, why: string, samples: readonly UseSample[]])[] = [
    ['unknown', 'no samples', []],
    ['unknown', 'two samples', hourly(line(1, 100, 2))],
    ['unknown', 'many samples in too short a time', hourly(line(1, 100, 6))],
    ['no limit', 'limit null', hourly(line(1, 100, 20), null)],
    ['no limit', 'limit 0', hourly(line(1, 100, 20), 0)],
    ['not growing', 'constant', hourly(line(7, 0, 20))],
    ['not growing', 'shrinking slowly', hourly(line(9_000, -10, 20))],
    ['not growing', 'full in a thousand years', hourly(line(1, 0.1, 20))],
    ['unknown', 'only samples of long ago', hourly(line(1, 100, 20)).map(older(60))],
  ];
  for (const [kind, why, samples] of table) assert.equal(forecast(samples, now).kind, kind, why);
});

function older(days: number): (sample: UseSample) => UseSample {
  return (sample) => ({ ...sample, at: new Date(sample.at.getTime() - days * 24 * hourMs) });
}

test('a mailbox at its limit is full now', () => {
  assert.deepEqual(forecast(hourly([limit]), now), { kind: 'full', at: now });
});

test('growth is told from what came after the last drain', () => {
  const before = line(100_000, 40_000, 20);
  const after = line(300_000, 1_000, 21);
  assert.equal(hoursLeft(hourly([...before, ...after])), (limit - 320_000) / 1_000);
});

test('right after a drain nothing is known', () => {
  assert.equal(forecast(hourly([...line(100_000, 40_000, 20), 200_000]), now).kind, 'unknown');
});

test('a single outlier does not move the line', () => {
  const steady = line(500_000, 1_000, 41);
  const bumped = steady.map((used, index) => (index === 20 ? used + 15_000 : used));
  assert.equal(hoursLeft(hourly(bumped)), hoursLeft(hourly(steady)));
});

test('for any growth, any order of samples: the moment lies where the line meets the limit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 5_000 }),
      fc.integer({ min: 7, max: 60 }),
      fc.integer({ min: 0, max: 500_000 }),
      fc.func(fc.integer()),
      (step, count, start, order) => {
        const samples = hourly(line(start, step, count));
        const shuffled = samples.toSorted((a, b) => order(a.used) - order(b.used));
        const expected = (limit - (start + step * (count - 1))) / step;
        assert.ok(Math.abs(hoursLeft(shuffled) - expected) < 1e-3);
      },
    ),
  );
});

test('for any samples: no moment before the newest sample, and drops alone never promise one', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: limit - 1 }), { maxLength: 80 });
  fc.assert(
    fc.property(sizes, (used) => {
      const found = forecast(hourly(used), now);
      if (found.kind === 'full') assert.ok(found.at.getTime() >= now.getTime());
      const falling = forecast(hourly(used.toSorted((a, b) => b - a)), now);
      assert.ok(falling.kind !== 'full', 'a mailbox that only shrinks never gets full');
    }),
  );
});

test('a faster growth is never full later', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 4_000 }), fc.integer({ min: 1, max: 1_000 }), (step, more) => {
      const slow = hoursLeft(hourly(line(0, step, 20).map((used) => used + 500_000 - step * 19)));
      const fast = hoursLeft(
        hourly(line(0, step + more, 20).map((used) => used + 500_000 - (step + more) * 19)),
      );
      assert.ok(fast <= slow);
    }),
  );
});
