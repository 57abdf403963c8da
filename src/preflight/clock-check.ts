import { dayMs } from '../domain/dates.ts';
import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import { acceptClockAction } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { releasedOn } from '../version.ts';

/** Clocks of two machines on one database may differ by this much. */
const toleranceMs = 5 * 60 * 1000;

/** Longest time without any run or verification before a clock counts as running ahead. */
const longestSilenceMs = 400 * dayMs;

interface ClockWork {
  readonly catalog: Pick<Catalog, 'recordedTimes' | 'pullBack' | 'addAudit'>;
  readonly clock: Clock;
}

/**
 * Every age and every grace is measured by the clock: a wrong one would archive and delete mail that
 * is too young, or remove archives too early (SAFETY step 1). Checked before anything leaves a mark of
 * its time. Marks of the future that only idle runs left are pulled back to now.
 * @throws `refused` when the clock is before the release of this program, before the last thing that
 * was done, or more than 400 days after the newest record.
 */
export async function requirePlausibleClock({ catalog, clock }: ClockWork, notDone: string): Promise<void> {
  const now = clock.now();
  const { acted, seen } = await catalog.recordedTimes();
  const implausible = tooEarly(now, acted) ?? tooLate(now, acted, seen);
  if (implausible !== null) throw new MothballError({ ...implausible, notDone }, { code: 'refused' });
  if (seen !== null && isAhead(seen, now)) await catalog.pullBack(now);
}

function tooEarly(now: Date, acted: Date | null): { fact: string; remedy: string } | null {
  if (now < releasedOn) {
    return {
      fact: `the clock of this machine is at ${now.toISOString()}, which is before the release of this program on ${releasedOn.toISOString().slice(0, 10)}`,
      remedy: 'Set the clock',
    };
  }
  if (acted === null || !isAhead(acted, now)) return null;
  return {
    fact: `the clock of this machine is at ${now.toISOString()}, which is before the last run at ${acted.toISOString()}`,
    remedy:
      'Set the clock; if it is right now and was ahead during the last run, use `mothball run --accept-clock` once',
  };
}

/** Records of the future, which a clock that was ahead has left, say nothing about now. */
function tooLate(now: Date, ...records: readonly (Date | null)[]): { fact: string; remedy: string } | null {
  const newest = Math.max(...records.map((at) => (at === null || isAhead(at, now) ? 0 : at.getTime())));
  if (newest === 0 || now.getTime() - newest <= longestSilenceMs) return null;
  return {
    fact: `the clock of this machine is at ${now.toISOString()}, more than 400 days after the newest record (${new Date(newest).toISOString()})`,
    remedy:
      'If the clock is wrong, set it; if Mothball really did nothing in that time, use `mothball run --accept-clock` once',
  };
}

function isAhead(record: Date, now: Date): boolean {
  return record.getTime() - toleranceMs > now.getTime();
}

/**
 * A person says that the clock is right although the records disagree: this is audited, and records
 * of the future are pulled back to now, so that graces begin again and nothing waits for years.
 * @throws `refused` when the clock is before the release of this program: that is never right.
 */
export async function acceptClock({ catalog, clock }: ClockWork, who: string): Promise<void> {
  const now = clock.now();
  const { acted, seen } = await catalog.recordedTimes();
  const implausible = tooEarly(now, null);
  if (implausible !== null)
    throw new MothballError(
      { ...implausible, notDone: 'nothing was archived or deleted' },
      { code: 'refused' },
    );
  const newest = [acted, seen].map((at) => at?.toISOString() ?? 'none').join(', ');
  await catalog.addAudit({
    at: now,
    who,
    action: acceptClockAction,
    account: null,
    detail: `clock ${now.toISOString()}; last thing done, newest record: ${newest}`,
  });
  await catalog.pullBack(now);
}

/**
 * A store that reports its time must agree with us within a day before mail is deleted because of it
 * or anything is removed from it. Its time is known after its first answer. @throws `refused`.
 */
export function requireStoreClock(
  { name, clockAheadMs }: Pick<Store, 'name' | 'clockAheadMs'>,
  notDone: string,
): void {
  if (clockAheadMs === null || Math.abs(clockAheadMs) <= dayMs) return;
  const hours = Math.round(Math.abs(clockAheadMs) / 3_600_000);
  throw new MothballError(
    {
      fact: `the clock of this machine is ${hours} hours ${clockAheadMs > 0 ? 'behind' : 'ahead of'} that of store "${name}"`,
      notDone,
      remedy: 'Set the clock',
    },
    { code: 'refused' },
  );
}
