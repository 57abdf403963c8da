/** Milliseconds in a 24-hour day. */
export const dayMs = 86_400_000;

const earliest = Date.UTC(1980, 0, 1);

/**
 * A date that can be trusted to tell an age, or null: missing, invalid, before 1980 or in the
 * future is unknown, and unknown means keep (SAFETY I3).
 */
export function plausible(date: Date | null, now: Date): Date | null {
  if (date === null) return null;
  const time = date.getTime();
  return Number.isNaN(time) || time < earliest || time > now.getTime() ? null : date;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const fullMonths =
  'january|february|march|april|may|june|july|august|september|october|november|december|sept';
const weekdays = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?';
const zones: Readonly<Record<string, string>> = {
  UT: '+0000',
  UTC: '+0000',
  GMT: '+0000',
  Z: '+0000',
  EST: '-0500',
  EDT: '-0400',
  CST: '-0600',
  CDT: '-0500',
  MST: '-0700',
  MDT: '-0600',
  PST: '-0800',
  PDT: '-0700',
};
const dateTime = new RegExp(
  String.raw`^(?:${weekdays}[.,]?)?\s*(?<day>\d{1,2})[\s-]\s*(?<month>[a-z]{3}|${fullMonths})\.?[\s-]\s*(?<year>\d{2,4})\s+(?<hour>\d{1,2})\s*:\s*(?<minute>\d{2})(?:\s*:\s*(?<second>\d{2}))?(?:\s*(?:gmt|utc)?(?<shift>[+-]\d{2}:?\d{2})|\s*(?<name>[a-z]{1,8}))?$`,
  'i',
);
/** Clocks on land are at most this far from UTC. */
const farthestZone = 14 * 3_600_000;

interface DateRead {
  readonly date: Date;
  /** How far it can be from the true time, in milliseconds: there is no zone, or one whose name says nothing for sure. */
  readonly doubt: number;
}

function readDateHeader(value: string): DateRead | null {
  const text = value
    .slice(0, 200)
    .replaceAll(/\([^()]*\)/g, ' ')
    .trim();
  const found = dateTime.exec(text)?.groups;
  if (found === undefined) return null;
  const part = (name: string): number => Number(found[name] ?? '0');
  const month = months.indexOf((found['month'] ?? '').slice(0, 3).toLowerCase());
  const year = fullYear(found['year'] ?? '');
  const valid =
    month >= 0 &&
    part('day') >= 1 &&
    part('day') <= new Date(Date.UTC(year, month + 1, 0)).getUTCDate() &&
    part('hour') < 24 &&
    part('minute') < 60 &&
    part('second') <= 60;
  if (!valid) return null;
  const zone = found['shift']?.replace(':', '') ?? zones[(found['name'] ?? '').toUpperCase()];
  const sign = zone?.startsWith('-') === true ? -1 : 1;
  const offset = sign * (Number(zone?.slice(1, 3) ?? 0) * 60 + Number(zone?.slice(3, 5) ?? 0));
  const utc = Date.UTC(year, month, part('day'), part('hour'), part('minute'), part('second'));
  return { date: new Date(utc - offset * 60_000), doubt: zone === undefined ? farthestZone : 0 };
}

/** The year that two or three digits mean (RFC 5322 §4.3). */
export function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 2 && year < 50) return year + 2000;
  return digits.length < 4 ? year + 1900 : year;
}

/**
 * Reads a Date header: RFC 5322 §3.3, what §4.3 allows (years of two and three digits, names of zones,
 * comments) and what occurs beside it (no zone, no comma, names in full). A zone that is missing or
 * unknown is taken as UTC. Null when it is anything else.
 */
export function parseDateHeader(value: string): Date | null {
  return readDateHeader(value)?.date ?? null;
}

/** The times between which the time of a Date header is for certain; null when it can't be read. */
export function dateHeaderBounds(value: string): { readonly from: Date; readonly to: Date } | null {
  const read = readDateHeader(value);
  if (read === null) return null;
  const time = read.date.getTime();
  return { from: new Date(time - read.doubt), to: new Date(time + read.doubt) };
}
