import { shortId } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import { errorMessage } from '../errors.ts';
import { scrub } from '../upkeep/scrub.ts';
import type { Workplace } from './workplace.ts';

/** Runs and their log lines are kept for so long, in milliseconds. */
const keepRunsMs = 90 * dayMs;

/**
 * Re-reads old archives, and thins what the catalog keeps of the past. Reads mail stores and writes
 * records only: a pause does not stop it. Never throws.
 */
export async function upkeepJob(place: Workplace): Promise<void> {
  const { site, log, activity } = place;
  const { app, config } = site;
  using _activity = activity.begin('scrub', null);
  try {
    const report = await scrub({ ...app, gate: site.gate() }, config.scrub);
    for (const result of report.read) {
      if (result.result === 'failed')
        log.error(`archive ${shortId(result.id)} is damaged and quarantined; its mail stays on the server`, {
          store: result.store,
          archive: result.id,
        });
    }
    for (const [store, reason] of report.unreachable) log.warn(`store ${store} was not scrubbed: ${reason}`);
    log.info(`scrub: ${report.read.length} archives read again, ${report.left} left for the next time`);
    const now = app.clock.now();
    await app.catalog.thinSamples(now);
    await app.catalog.pruneRuns(new Date(now.getTime() - keepRunsMs));
    if (!app.signal.aborted) await app.catalog.setDone('scrub', now);
  } catch (error) {
    log.error(`the scrub failed: ${errorMessage(error)}`);
  }
}
