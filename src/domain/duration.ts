import { dayMs } from './dates.ts';
import type { Duration, Term } from './policy.ts';

const shape = /^(0|[1-9]\d{0,5})(d|w|mo|y)$/;
/** About a thousand years: far beyond any rule, well within what Date can hold. */
const longest = { d: 365_000, w: 52_000, mo: 12_000, y: 1000 } as const;

/** What durations look like, for messages and the JSON schema. */
export const durationPattern = shape.source;

/**
 * Reads `30d`, `8w`, `6mo` or `2y`. Zero is read too; where it makes no sense the caller refuses it.
 * @throws RangeError that says what is allowed.
 */
export function parseDuration(text: string): Duration {
  const [, digits, unit] = shape.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) {
    const minutesOrMonths = /^\d+m$/i.test(text) ? '; "m" alone is ambiguous, write "mo" for months' : '';
    throw new RangeError(
      `not a duration: write a whole number and d, w, mo or y, such as 30d or 6mo${minutesOrMonths}`,
    );
  }
  const count = Number(digits);
  if (count > longest[unit]) throw new RangeError(`too long: at most ${longest[unit]}${unit}`);
  return { count, unit };
}

function isUnit(text: string | undefined): text is Duration['unit'] {
  return text !== undefined && Object.hasOwn(longest, text);
}

/** The duration as policies spell it, e.g. `6mo`, or `the longer of 60d and 2mo`. */
export function formatDuration(term: Term): string {
  return 'unit' in term
    ? `${term.count}${term.unit}`
    : `the longer of ${term.laterOf.map(formatDuration).join(' and ')}`;
}

/**
 * The moment this long before `now`. `d` and `w` are 24-hour days; `mo` and `y` go back on
 * the calendar of the IANA zone, the day clamped to the month's last. A local time that exists twice
 * or not at all becomes the earlier moment, so that less mail is old enough; of two durations the earlier
 * moment counts.
 * @throws RangeError when the zone is unknown.
 */
export function subtract(now: Date, term: Term, timezone: string): Date {
  if ('unit' in term) return shift(now, term, timezone, -1);
  return new Date(Math.min(...term.laterOf.map((one) => shift(now, one, timezone, -1).getTime())));
}

/**
 * The moment this long after `from`, by the same rules; a local time that exists twice or
 * not at all becomes the later moment, so that a grace never ends early; of two durations the later moment
 * counts.
 * @throws RangeError when the zone is unknown.
 */
export function add(from: Date, term: Term, timezone: string): Date {
  if ('unit' in term) return shift(from, term, timezone, 1);
  return new Date(Math.max(...term.laterOf.map((one) => shift(from, one, timezone, 1).getTime())));
}

function shift(from: Date, duration: Duration, timezone: string, sign: 1 | -1): Date {
  switch (duration.unit) {
    case 'd':
      return new Date(from.getTime() + sign * duration.count * dayMs);
    case 'w':
      return new Date(from.getTime() + sign * duration.count * 7 * dayMs);
    case 'mo':
      return shiftMonths(from, sign * duration.count, timezone, sign);
    case 'y':
      return shiftMonths(from, sign * duration.count * 12, timezone, sign);
  }
}

const shifts = new Map<string, number>();
const mostShifts = 1000;

/** A plan asks for the same moment once for each message, and calendars are slow. */
function shiftMonths(from: Date, months: number, timezone: string, side: 1 | -1): Date {
  const key = `${from.getTime()} ${months} ${side} ${timezone}`;
  let time = shifts.get(key);
  if (time === undefined) {
    time = monthsAway(from, months, timezone, side);
    if (shifts.size >= mostShifts) shifts.clear();
    shifts.set(key, time);
  }
  return new Date(time);
}

function monthsAway(from: Date, months: number, timezone: string, side: 1 | -1): number {
  if (months === 0) return from.getTime();
  const local = new Date(localTime(from.getTime(), timezone));
  const month = local.getUTCFullYear() * 12 + local.getUTCMonth() + months;
  const moved = new Date(local.getTime());
  moved.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  moved.setUTCDate(Math.min(local.getUTCDate(), daysInMonth(moved)));
  return instant(moved.getTime(), timezone, side);
}

function daysInMonth(date: Date): number {
  const last = new Date(date.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  return last.getUTCDate();
}

/** The instant at which clocks in the zone show this local time. No zone shifts twice in two days. */
function instant(local: number, timezone: string, side: 1 | -1): number {
  const offsets = [local - dayMs, local + dayMs].map((near) => localTime(near, timezone) - near);
  const candidates = offsets.map((offset) => local - offset);
  const real = candidates.filter((candidate) => localTime(candidate, timezone) === local);
  const usable = real.length > 0 ? real : candidates;
  return side < 0 ? Math.min(...usable) : Math.max(...usable);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks in the zone show at an instant, as if that were UTC, in milliseconds. */
function localTime(time: number, timezone: string): number {
  const parts = new Map(
    zoneFormat(timezone)
      .formatToParts(time)
      .map((part) => [part.type, part.value]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year');
  const milliseconds = ((time % 1000) + 1000) % 1000;
  const local = new Date(Date.UTC(2000, 0, 1, field('hour'), field('minute'), field('second'), milliseconds));
  return local.setUTCFullYear(year, field('month') - 1, field('day'));
}

/** Making a formatter costs more than a thousand uses of it. */
function zoneFormat(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timezone, made);
  return made;
}
