import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { add, formatDuration, parseDuration, subtract } from '../../src/domain/duration.ts';
import { dueOn } from '../../src/domain/expiry.ts';
import { policyFor } from '../../src/domain/override.ts';
import type { Duration, Override, Policy, Term } from '../../src/domain/policy.ts';
import { longestRetain } from '../../src/domain/retention.ts';
import { isAtOnce, laterOf } from '../../src/domain/term.ts';
import { olderThan, policy } from './subjects.ts';

const dayMs = 86_400_000;

function termOf(...texts: readonly string[]): Term {
  return laterOf(...texts.map(parseDuration));
}

/** A policy with a grace and a retain of the first duration, and an override of both for each of the others. */
function overridden([own, ...others]: readonly Duration[], timezone: string): Policy {
  assert.ok(own !== undefined);
  const overrides = others.map((one, index): Override => ({
    accounts: { include: ['bob'], exclude: [] },
    quota: null,
    match: null,
    folders: [],
    after: one,
    retain: one,
    hash: String(index).padStart(16, '0'),
  }));
  return policy(olderThan(30), {
    timezone,
    delete: { after: own, mode: 'expunge' },
    retain: own,
    ...(overrides.length === 0 ? {} : { overrides }),
  });
}

/** When mail that was archived then may be deleted for bob, and when the archive may go. */
function endsOf(from: Date, durations: readonly Duration[], timezone: string): readonly Date[] {
  const bobs = policyFor(overridden(durations, timezone), 'bob');
  assert.ok(bobs.delete !== null);
  return [add(from, bobs.delete.after, timezone), dueOn(from, bobs)];
}

/** Plain calendar arithmetic on what a clock shows. */
function afterMonths(from: Date, months: number): Date {
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const time = from.getTime() % dayMs;
  return new Date(Date.UTC(year, month, Math.min(from.getUTCDate(), lastDay)) + time);
}

const inDays = { d: 1, w: 7, mo: null, y: null } as const;

/** The end that a duration has by itself, in UTC. */
function plainEnd(from: Date, { count, unit }: Duration): Date {
  const days = inDays[unit];
  if (days !== null) return new Date(from.getTime() + count * days * dayMs);
  return afterMonths(from, unit === 'y' ? count * 12 : count);
}

/** What clocks in the zone show, as if it were UTC. */
function shown(at: Date, timezone: string): Date {
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return new Date(`${clock.format(at).replace(' ', 'T')}Z`);
}

const crossing: readonly (readonly [durations: string, from: string, end: string])[] = [
  ['59d 2mo', '2025-06-15', '2025-08-15'],
  ['59d 2mo', '2025-01-01', '2025-03-01'],
  ['60d 2mo', '2025-01-01', '2025-03-02'],
  ['2mo 60d', '2025-07-01', '2025-09-01'],
  ['7d 60d 2mo', '2025-07-01', '2025-09-01'],
  ['7d 2mo 60d', '2025-01-01', '2025-03-02'],
  ['1mo 31d', '2025-02-01', '2025-03-04'],
  ['31d 1mo', '2025-04-01', '2025-05-02'],
  ['365d 1y', '2023-06-01', '2024-06-01'],
  ['1y 365d', '2024-06-01', '2025-06-01'],
  ['365d 1y', '2024-02-29', '2025-02-28'],
  ['1460d 4y', '2025-01-01', '2029-01-01'],
  ['1461d 4y', '2098-01-01', '2102-01-02'],
  ['8w 2mo', '2025-07-01', '2025-09-01'],
  ['1y 12mo 366d', '2025-01-01', '2026-01-02'],
];

for (const [texts, from, end] of crossing)
  test(`with ${texts} together, what begins on ${from} ends on ${end}`, () => {
    const ends = endsOf(new Date(from), texts.split(' ').map(parseDuration), 'UTC');
    assert.deepEqual(ends, [new Date(end), new Date(end)]);
  });

const combined: readonly (readonly [durations: string, text: string])[] = [
  ['7d', '7d'],
  ['7d 30d 3w', '30d'],
  ['7d 1w', '7d'],
  ['1w 7d', '1w'],
  ['12mo 1y', '12mo'],
  ['7d 2mo', '2mo'],
  ['2mo 90d', '90d'],
  ['400d 1y', '400d'],
  ['5y 1mo 31d', '5y'],
  ['26d 1mo', '1mo'],
  ['27d 1mo', 'the longer of 27d and 1mo'],
  ['32d 1mo', 'the longer of 32d and 1mo'],
  ['33d 1mo', '33d'],
  ['2mo 60d', 'the longer of 60d and 2mo'],
  ['60d 2mo 61d', 'the longer of 61d and 2mo'],
  ['60d 2mo 100d', '100d'],
  ['60d 2mo 1y', '1y'],
];

for (const [texts, text] of combined)
  test(`${texts} together are ${text}, since days decide only where months clearly do not`, () => {
    assert.equal(formatDuration(termOf(...texts.split(' '))), text);
  });

const clocks: readonly (readonly [durations: string, from: string, end: string])[] = [
  // Clocks go forward: the calendar's end is an hour before that of the days.
  ['59d 2mo', '2025-01-31T23:00:00.000Z', '2025-03-31T23:00:00.000Z'],
  ['365d 1y', '2025-03-29T11:00:00.000Z', '2026-03-29T11:00:00.000Z'],
  // They go back, in a year with 366 days: it is an hour after that.
  ['366d 1y', '2023-10-28T10:00:00.000Z', '2024-10-28T11:00:00.000Z'],
];

for (const [texts, from, end] of clocks)
  test(`where clocks change, ${texts} together end an hour later than one of them does`, () => {
    for (const durations of [texts.split(' '), texts.split(' ').toReversed()])
      for (const date of endsOf(new Date(from), durations.map(parseDuration), 'Europe/Warsaw'))
        assert.equal(date.toISOString(), end);
  });

test('only no time at all is at once', () => {
  const atOnce = [['0d'], ['0mo'], ['0d', '0mo'], ['1d'], ['0d', '1mo'], ['1d', '0mo']].map((texts) =>
    isAtOnce(termOf(...texts)),
  );
  assert.deepEqual(atOnce, [true, true, true, false, false, false]);
});

test('of two durations the one that goes back further is subtracted', () => {
  const term = termOf('60d', '2mo');
  assert.deepEqual(subtract(new Date('2025-03-01'), term, 'UTC'), new Date('2024-12-31'));
  assert.deepEqual(subtract(new Date('2025-09-01'), term, 'UTC'), new Date('2025-07-01'));
});

test('a store keeps what any of its policies keeps, on each date', () => {
  const keeping = (text: string): Policy => policy(olderThan(30), { retain: parseDuration(text) });
  assert.deepEqual(longestRetain([keeping('60d'), keeping('2mo'), keeping('1mo')], [], 'local'), {
    laterOf: [parseDuration('60d'), parseDuration('2mo')],
  });
  assert.deepEqual(
    longestRetain([overridden([parseDuration('365d'), parseDuration('1y')], 'UTC')], [], 'local'),
    { laterOf: [parseDuration('365d'), parseDuration('1y')] },
  );
});

/** Days and months that come near each other, so that each is the longer one on some dates. */
const near: fc.Arbitrary<readonly Duration[]> = fc
  .tuple(fc.integer({ min: 0, max: 130 }), fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 3 }))
  .chain(([months, gaps]) => {
    const days = gaps.map((gap) => Math.max(0, Math.round(months * 30.436875) + gap));
    const all: readonly Duration[] = [
      { count: months, unit: 'mo' },
      { count: Math.floor(months / 12), unit: 'y' },
      ...days.map((count) => ({ count, unit: 'd' }) as const),
      ...days.map((count) => ({ count: Math.round(count / 7), unit: 'w' }) as const),
    ];
    return fc.shuffledSubarray([...all], { minLength: 1 });
  });

const any: fc.Arbitrary<readonly Duration[]> = fc.array(
  fc.record({
    count: fc.integer({ min: 0, max: 400 }),
    unit: fc.constantFrom<Duration['unit']>('d', 'w', 'mo', 'y'),
  }),
  { minLength: 1, maxLength: 5 },
);

const stacks = fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: any });
const starts = fc
  .integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2110, 0, 1) / 1000 })
  .map((seconds) => new Date(seconds * 1000));

test('whatever the durations, the date and the stack of overrides, the end is the last that any of them has', () => {
  fc.assert(
    fc.property(stacks, starts, (durations, from) => {
      const last = new Date(Math.max(...durations.map((one) => plainEnd(from, one).getTime())));
      assert.deepEqual(endsOf(from, durations, 'UTC'), [last, last]);
    }),
    { numRuns: 3000 },
  );
});

test('in no zone does anything end before the calendar and the clock there say so', () => {
  const zones = fc.constantFrom('Europe/Warsaw', 'Pacific/Apia', 'Antarctica/Troll', 'America/Sao_Paulo');
  fc.assert(
    fc.property(near, starts, zones, (durations, from, zone) => {
      for (const end of endsOf(from, durations, zone))
        for (const one of durations) {
          const days = inDays[one.unit];
          if (days !== null) assert.ok(end.getTime() - from.getTime() >= one.count * days * dayMs);
          else assert.ok(shown(end, zone) >= plainEnd(shown(from, zone), one));
        }
    }),
    { numRuns: 500 },
  );
});
