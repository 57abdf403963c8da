import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { add, formatDuration, parseDuration, subtract } from '../../src/domain/duration.ts';

const zones = [
  'UTC',
  'Europe/Warsaw',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];

test('durations are read with their unit and written back the same', () => {
  for (const text of ['0d', '30d', '8w', '6mo', '2y', '365000d'])
    assert.equal(formatDuration(parseDuration(text)), text);
  assert.deepEqual(parseDuration('6mo'), { count: 6, unit: 'mo' });
});

test('what is no duration is refused', () => {
  for (const text of [
    '',
    '30',
    'd',
    '6m',
    '6M',
    '30 d',
    '-1d',
    '1.5y',
    '01d',
    '1h',
    '2Y',
    '30d ',
    '1001y',
    '999999d',
  ]) {
    assert.throws(() => parseDuration(text), RangeError, text);
  }
});

test('a bare m is refused with the way to write months', () => {
  assert.throws(() => parseDuration('6m'), /write "mo" for months/);
});

const table: readonly (readonly [
  now: string,
  duration: string,
  zone: string,
  cutoff: string,
  why: string,
])[] = [
  ['2026-03-31T12:00:00.123Z', '1mo', 'UTC', '2026-02-28T12:00:00.123Z', 'the day is clamped'],
  ['2024-03-31T12:00:00.000Z', '1mo', 'UTC', '2024-02-29T12:00:00.000Z', 'to the 29th in a leap year'],
  ['2024-02-29T00:00:00.000Z', '1y', 'UTC', '2023-02-28T00:00:00.000Z', 'a leap day a year ago'],
  ['2026-01-15T10:00:00.000Z', '13mo', 'UTC', '2024-12-15T10:00:00.000Z', 'over two new years'],
  [
    '2026-03-29T12:00:00.000Z',
    '1d',
    'Europe/Warsaw',
    '2026-03-28T12:00:00.000Z',
    'a day has 24 hours, DST or not',
  ],
  [
    '2026-07-01T00:30:00.000Z',
    '6mo',
    'Europe/Warsaw',
    '2026-01-01T01:30:00.000Z',
    'the same local time in winter',
  ],
  ['2026-03-31T23:30:00.000Z', '1mo', 'Europe/Warsaw', '2026-03-01T00:30:00.000Z', 'April 1st there already'],
  ['2026-03-31T23:30:00.000Z', '1mo', 'UTC', '2026-02-28T23:30:00.000Z', 'still March 31st in UTC'],
  [
    '2026-04-29T00:30:00.000Z',
    '1mo',
    'Europe/Warsaw',
    '2026-03-29T00:30:00.000Z',
    '2:30 does not exist: the earlier',
  ],
  [
    '2026-11-25T01:30:00.000Z',
    '1mo',
    'Europe/Warsaw',
    '2026-10-25T00:30:00.000Z',
    '2:30 exists twice: the earlier',
  ],
  ['2012-01-29T22:00:00.000Z', '1mo', 'Pacific/Apia', '2011-12-29T22:00:00.000Z', 'a day that Samoa skipped'],
  ['2026-10-04T00:00:00.000Z', '1000y', 'UTC', '1026-10-04T00:00:00.000Z', 'the longest there is'],
];

for (const [now, duration, zone, cutoff, why] of table) {
  test(`${now} less ${duration} in ${zone}: ${why}`, () => {
    assert.equal(subtract(new Date(now), parseDuration(duration), zone).toISOString(), cutoff);
  });
}

test('added durations take the later moment where the local time exists twice or not at all', () => {
  const after = (from: string) => add(new Date(from), parseDuration('1mo'), 'Europe/Warsaw').toISOString();
  assert.equal(after('2026-09-25T00:30:00.000Z'), '2026-10-25T01:30:00.000Z');
  assert.equal(after('2026-02-28T01:30:00.000Z'), '2026-03-28T01:30:00.000Z');
  assert.equal(
    add(new Date('2026-01-31T05:00:00Z'), parseDuration('1mo'), 'UTC').toISOString(),
    '2026-02-28T05:00:00.000Z',
  );
  assert.equal(
    add(new Date('2026-01-31T05:00:00Z'), parseDuration('0d'), 'UTC').toISOString(),
    '2026-01-31T05:00:00.000Z',
  );
});

test('an unknown zone is refused', () => {
  assert.throws(() => subtract(new Date(0), parseDuration('1mo'), 'Mars/Olympus'), RangeError);
});

const instants = fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
const durations = fc.record({
  count: fc.integer({ min: 1, max: 120 }),
  unit: fc.constantFrom('d' as const, 'w' as const, 'mo' as const, 'y' as const),
});

test('a longer duration never gives a later cut-off, in any zone', () => {
  fc.assert(
    fc.property(instants, durations, fc.constantFrom(...zones), (now, duration, zone) => {
      const cutoff = subtract(now, duration, zone).getTime();
      const longer = subtract(now, { ...duration, count: duration.count + 1 }, zone).getTime();
      return longer < cutoff && cutoff < now.getTime();
    }),
    { numRuns: 300 },
  );
});

test('the local wall clock shows the same time after calendar months, unless it skips it', () => {
  const wall = (date: Date, zone: string) => date.toLocaleTimeString('sv-SE', { timeZone: zone });
  fc.assert(
    fc.property(instants, fc.integer({ min: 1, max: 60 }), fc.constantFrom(...zones), (now, count, zone) => {
      const cutoff = subtract(now, { count, unit: 'mo' }, zone);
      if (wall(cutoff, zone) === wall(now, zone)) return true;
      // A skipped time: clocks jump within a day of the answer.
      const offset = (date: Date) =>
        Date.parse(`${date.toLocaleString('sv-SE', { timeZone: zone })}Z`) - date.getTime();
      return (
        offset(new Date(cutoff.getTime() - 86_400_000)) !== offset(new Date(cutoff.getTime() + 86_400_000))
      );
    }),
    { numRuns: 300 },
  );
});
