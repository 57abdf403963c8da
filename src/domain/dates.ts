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
const obsoleteZones: Readonly<Record<string, string>> = {
  UT: '+0000',
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
const dateTime =
  /^(?:[a-z]{3},)?\s*(\d{1,2})\s+([a-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[a-z]{1,3})$/i;

/** Reads a Date header (RFC 5322 §3.3, comments and the zones of §4.3 allowed); null when it is anything else. */
export function parseDateHeader(value: string): Date | null {
  const text = value
    .slice(0, 200)
    .replaceAll(/\([^()]*\)/g, ' ')
    .trim();
  const found = dateTime.exec(text);
  if (found === null) return null;
  const [, day, monthName, year, hour, minute, second, zoneName] = found;
  const month = months.indexOf((monthName ?? '').toLowerCase());
  const zone = /^[+-]/.test(zoneName ?? '') ? zoneName : obsoleteZones[(zoneName ?? '').toUpperCase()];
  if (month < 0 || zone === undefined) return null;
  const utc = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second ?? 0));
  const sign = zone.startsWith('-') ? -1 : 1;
  const offset = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5)));
  const valid =
    Number(day) >= 1 &&
    Number(day) <= new Date(Date.UTC(Number(year), month + 1, 0)).getUTCDate() &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second ?? 0) <= 60;
  return valid ? new Date(utc - offset * 60_000) : null;
}
