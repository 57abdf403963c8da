import { MothballError } from './errors.ts';
import type { Catalog } from './ports/catalog.ts';
import type { Clock } from './ports/clock.ts';
import { releasedOn } from './version.ts';

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
