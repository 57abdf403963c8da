const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pattern = /^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;

/** Reads a date-time (RFC 9051 §9); null when it is anything else or no real date. */
export function parseDateTime(text: string): Date | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const numbers = [1, 3, 4, 5, 6, 8, 9].map((group) => Number(found[group]));
  const [day = 0, year = 0, hour = 0, minute = 0, second = 0, zoneHours = 0, zoneMinutes = 0] = numbers;
  const month = months.findIndex((name) => name.toLowerCase() === found[2]?.toLowerCase());
  const local = new Date(0);
  local.setUTCFullYear(year, month, day);
  local.setUTCHours(hour, minute, Math.min(second, 59));
  const real = month >= 0 && local.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60;
  if (!real || zoneHours > 14 || zoneMinutes > 59) return null;
  const offset = (zoneHours * 60 + zoneMinutes) * 60_000;
  return new Date(local.getTime() - (found[7] === '-' ? -offset : offset));
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
