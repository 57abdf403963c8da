const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthNumbers = new Map(months.map((name, index) => [name.toLowerCase(), index]));
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/**
 * A date-time, and what servers send in its place: a weekday in front, blanks for dashes, one digit for
 * the hour, a zone with a colon, or UTC by name. Without a zone, or with two digits for the year, nobody
 * knows what is meant.
 */
const pattern =
  /^\s*(?:([A-Za-z]{3}),? +)?(\d{1,2})[- ]([A-Za-z]{3})[- ](\d{4}) +(\d{1,2}):(\d{2}):(\d{2})(?:\.\d{1,9})? *(?:([+-])(\d{2}):?(\d{2})|GMT|UTC?|Z)(?: *\([^()]{0,40}\))?\s*$/i;

/** Reads a date-time (RFC 9051 §9); null when it is anything else or no real date. */
export function parseDateTime(text: string): Date | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const number = (group: number): number => Number(found[group] ?? 0);
  const day = number(2);
  const year = number(4);
  const hour = number(5);
  const minute = number(6);
  const second = number(7);
  const zoneHours = number(9);
  const zoneMinutes = number(10);
  const month = monthNumbers.get(found[3]?.toLowerCase() ?? '') ?? -1;
  const local = new Date(0);
  local.setUTCFullYear(year, month, day);
  local.setUTCHours(hour, minute, Math.min(second, 59));
  const real = month >= 0 && local.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60;
  if (!real || zoneHours > 14 || zoneMinutes > 59) return null;
  // A weekday that does not fit shows that something of it is wrong.
  const weekday = found[1]?.toLowerCase();
  if (weekday !== undefined && weekdays[local.getUTCDay()]?.toLowerCase() !== weekday) return null;
  const offset = (zoneHours * 60 + zoneMinutes) * 60_000;
  return new Date(local.getTime() - (found[8] === '-' ? -offset : offset));
}

/** A date-time in UTC for APPEND; whole seconds. */
export function formatDateTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${formatDay(date).padStart(11, ' ')} ${time} +0000`;
}

/** A date of a SEARCH key, the day in UTC: `1-Feb-2020`. */
export function formatDay(date: Date): string {
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${date.getUTCDate()}-${months[date.getUTCMonth()] ?? ''}-${year}`;
}
