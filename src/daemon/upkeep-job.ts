import { shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { errorMessage } from '../errors.ts';
import { scrub } from '../upkeep/scrub.ts';
import type { JobContext } from './job-context.ts';
import { storeJobDone } from './telemetry.ts';

/**
 * Reads old archives again. It writes nothing but records, so a pause does not stop it. Never throws.
 */
export async function upkeepJob(context: JobContext): Promise<void> {
  const { active, log, activity } = context;
  const { app, config } = active;
  using _activity = activity.begin('scrub', null);
  try {
    const report = await scrub({ ...app, gate: active.gate() }, config.scrub);
    for (const result of report.read) {
      if (result.result === 'failed')
        log.error(
          `archive ${shortId(result.id)} is damaged and quarantined; its mail is kept on the server`,
          {
            store: result.store,
            archive: result.id,
          },
        );
    }
    for (const { id, store, reason } of report.unread)
      log.warn(`archive ${shortId(id)} could not be read: ${reason}`, { store, archive: id });
    for (const [store, reason] of report.unreachable)
      log.warn(`store "${store}" was not scrubbed: ${reason}`);
    log.info(
      `scrub: read ${countOf(report.read.length, 'archive')} again, ${report.left} left for the next time`,
    );
    const now = app.clock.now();
    for (const store of app.stores.keys()) {
      if (report.unreachable.has(store) || app.signal.aborted) continue;
      await storeJobDone(context.metrics, app.catalog, { job: 'scrub', store }, now);
    }
    if (!app.signal.aborted) await app.catalog.setDone('scrub', now);
  } catch (error) {
    log.error(`the scrub failed: ${errorMessage(error)}`);
  }
}
