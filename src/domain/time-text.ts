/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  });
  formatters.set(zone, made);
  return made;
}

/** `2026-03-01 10:00 UTC`, or with the offset of the zone: `2026-03-01 11:00 +01:00`. */
export function timeText(at: Date, zone: string): string {
  if (zone === 'UTC') return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const parts = new Map(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')} ${offset}`;
}

/** `2026-03-01` */
export function dayText(at: Date, zone: string): string {
  return timeText(at, zone).slice(0, 10);
}
