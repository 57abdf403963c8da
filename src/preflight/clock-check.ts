import { dayMs } from '../domain/dates.ts';
import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { releasedOn } from '../version.ts';

/** Clocks of two machines on one database may differ by this much. */
const toleranceMs = 5 * 60 * 1000;

/**
 * Every age and every grace is measured by the clock, so a clock that is wrong would delete what
 * is too young (SAFETY step 1).
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
    `the clock of this machine says ${now.toISOString()}, which is before ${what}; nothing was archived or deleted. Set the clock; if the last run was made by a clock that was wrong, remove mothball.db and run \`mothball reindex\`.`,
    { code: 'refused' },
  );
}

/** Longest time without any run, restore or verification before a clock counts as running ahead. */
const longestSilenceMs = 400 * dayMs;

/**
 * What is removed from an archive never comes back, and a clock that runs ahead makes everything
 * old: so it must not be far ahead of what was recorded last, either.
 * @throws `refused` when the clock is implausible either way.
 */
export async function requirePlausibleClock(catalog: Catalog, clock: Clock): Promise<void> {
  await requireSaneClock(catalog, clock);
  const now = clock.now();
  const latest = await catalog.latest();
  if (latest === null || now.getTime() - latest.getTime() <= longestSilenceMs) return;
  throw new MothballError(
    `the clock of this machine says ${now.toISOString()}, more than 400 days after anything was recorded (${latest.toISOString()}); no archive was removed. If the clock is wrong, set it. If Mothball really did nothing for so long, run \`mothball verify\` first.`,
    { code: 'refused' },
  );
}

/**
 * A store that tells the time must agree with us within a day before anything is removed from it;
 * known after its first answer. @throws `refused`.
 */
export function requireStoreClock({ name, clockAheadMs }: Pick<Store, 'name' | 'clockAheadMs'>): void {
  if (clockAheadMs === null || Math.abs(clockAheadMs) <= dayMs) return;
  const hours = Math.round(Math.abs(clockAheadMs) / 3_600_000);
  throw new MothballError(
    `the clock of this machine is ${hours} hours ${clockAheadMs > 0 ? 'behind' : 'ahead of'} that of store "${name}"; no archive was removed. Set the clock.`,
    { code: 'refused' },
  );
}
