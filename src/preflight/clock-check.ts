import { dayMs } from '../domain/dates.ts';
import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { releasedOn } from '../version.ts';

/** Clocks of two machines on one database may differ by this much. */
const toleranceMs = 5 * 60 * 1000;

/**
 * Every age and every grace is measured by the clock, so a wrong clock would delete mail that is
 * too young (SAFETY step 1).
 * @throws `refused` when the clock is before the release of this program or before the last run.
 */
export async function requireSaneClock(catalog: Catalog, clock: Clock): Promise<void> {
  const now = clock.now();
  const latest = await catalog.latest();
  const [floor, what] =
    latest !== null && latest.getTime() - toleranceMs > releasedOn.getTime()
      ? [latest.getTime() - toleranceMs, `the last run at ${latest.toISOString()}`]
      : [releasedOn.getTime(), `the release of this program on ${releasedOn.toISOString().slice(0, 10)}`];
  if (now.getTime() >= floor) return;
  throw new MothballError(
    {
      fact: `the clock of this machine is at ${now.toISOString()}, which is before ${what}`,
      notDone: 'nothing was archived or deleted',
      remedy:
        'Set the clock; if it was wrong during the last run, remove mothball.db and run `mothball reindex`',
    },
    { code: 'refused' },
  );
}

/** Longest time without any run, restore or verification before a clock counts as running ahead. */
const longestSilenceMs = 400 * dayMs;

/**
 * A removed archive never comes back, and a clock that runs ahead makes everything old, so it must
 * not be far ahead of the last record, either.
 * @throws `refused` when the clock is implausible either way.
 */
export async function requirePlausibleClock(catalog: Catalog, clock: Clock): Promise<void> {
  await requireSaneClock(catalog, clock);
  const now = clock.now();
  const latest = await catalog.latest();
  if (latest === null || now.getTime() - latest.getTime() <= longestSilenceMs) return;
  throw new MothballError(
    {
      fact: `the clock of this machine is at ${now.toISOString()}, more than 400 days after the last record (${latest.toISOString()})`,
      notDone: 'no archive was removed',
      remedy:
        'If the clock is wrong, set it; if Mothball really did nothing in that time, run `mothball verify` first',
    },
    { code: 'refused' },
  );
}

/**
 * A store that reports its time must agree with us within a day before anything is removed from it.
 * Its time is known after its first answer. @throws `refused`.
 */
export function requireStoreClock({ name, clockAheadMs }: Pick<Store, 'name' | 'clockAheadMs'>): void {
  if (clockAheadMs === null || Math.abs(clockAheadMs) <= dayMs) return;
  const hours = Math.round(Math.abs(clockAheadMs) / 3_600_000);
  throw new MothballError(
    {
      fact: `the clock of this machine is ${hours} hours ${clockAheadMs > 0 ? 'behind' : 'ahead of'} that of store "${name}"`,
      notDone: 'no archive was removed',
      remedy: 'Set the clock',
    },
    { code: 'refused' },
  );
}
