import type { Duration, Term } from './policy.ts';

/** Offsets from UTC reach from -12 to +14 hours, so whatever a zone does to its clocks moves a date by less. */
const zoneDays = 2;

/**
 * What ends with the last of them, whatever the date and the zone. Days and weeks are of one length among
 * themselves, months and years too; between the two only clear differences decide, else both are kept.
 */
export function laterOf(...terms: readonly Term[]): Term {
  const all = terms.flatMap((one) => ('unit' in one ? [one] : one.laterOf));
  const days = longestBy(all.filter(isDays), daysIn);
  const calendar = longestBy(
    all.filter((one) => !isDays(one)),
    monthsIn,
  );
  if (days === null || calendar === null) return days ?? calendar ?? nothing;
  if (leastDays(calendar) - zoneDays >= daysIn(days)) return calendar;
  return daysIn(days) - zoneDays >= mostDays(calendar) ? days : { laterOf: [days, calendar] };
}

/** Whether it is no time at all. */
export function isAtOnce(term: Term): boolean {
  return 'unit' in term ? term.count === 0 : term.laterOf.every(isAtOnce);
}

const nothing: Duration = { count: 0, unit: 'd' };

/** The first of the longest; null: there is none. */
function longestBy(all: readonly Duration[], length: (one: Duration) => number): Duration | null {
  return all.reduce<Duration | null>(
    (found, one) => (found === null || length(one) > length(found) ? one : found),
    null,
  );
}

function isDays({ unit }: Duration): boolean {
  return unit === 'd' || unit === 'w';
}

function daysIn({ count, unit }: Duration): number {
  return unit === 'w' ? count * 7 : count;
}

function monthsIn({ count, unit }: Duration): number {
  return unit === 'y' ? count * 12 : count;
}

/** No calendar time is shorter: 365 days for each whole year, 28 for each month beside. */
function leastDays(calendar: Duration): number {
  const months = monthsIn(calendar);
  return Math.floor(months / 12) * 365 + (months % 12) * 28;
}

function mostDays(calendar: Duration): number {
  const months = monthsIn(calendar);
  return Math.floor(months / 12) * 366 + (months % 12) * 31;
}
