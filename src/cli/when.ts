import { MothballError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The time zone that times are shown in: `--tz`, else TZ, else UTC. `local` is the zone of the machine.
 * @throws `usage` when `--tz` names no zone.
 */
export function zoneOf(asked: string | undefined, env: Environment): string {
  const local = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (asked !== undefined) {
    if (asked.toLowerCase() === 'local') return local();
    if (isZone(asked)) return asked;
    throw new MothballError(
      {
        fact: `--tz takes a time zone like Europe/Warsaw, UTC or local, not "${asked}"`,
        notDone: 'nothing was done',
      },
      { code: 'usage' },
    );
  }
  // A colon may stand before the name (POSIX). What names no zone means UTC, as it does to the system.
  const name = (env['TZ'] ?? '').replace(/^:/, '');
  return name !== '' && isZone(name) ? name : 'UTC';
}

function isZone(name: string): boolean {
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
