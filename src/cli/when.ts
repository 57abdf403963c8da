import { isZone } from '../domain/time-text.ts';
import { MothballError } from '../errors.ts';

export { dayText, timeText } from '../domain/time-text.ts';

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
