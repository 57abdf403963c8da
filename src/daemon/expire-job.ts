import { expireWork } from '../compose.ts';
import { shortId } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import { expireStore } from '../expire/expire.ts';
import type { Workplace } from './workplace.ts';

/** What the audit says of archives that the schedule removed. */
const who = 'daemon';

/** Removes archives past their policy's `retain`, store by store. Never throws. */
export async function expireJob(place: Workplace): Promise<void> {
  const { app } = place.site;
  using _activity = place.activity.begin('expire', null);
  let all = true;
  for (const name of app.stores.keys()) {
    try {
      if (!(await expireIn(place, name))) all = false;
    } catch (error) {
      all = false;
      place.log.error(`expire in store ${name} stopped: ${errorMessage(error)}`, { store: name });
    }
  }
  // What was held up is done with the next start, reload or schedule.
  if (all && !app.signal.aborted) await app.catalog.setDone('expire', app.clock.now());
}

/** False: another process has the store. */
async function expireIn({ site, log }: Workplace, name: string): Promise<boolean> {
  const work = expireWork(site.app, name, who);
  const report = await expireStore(work, {
    accounts: null,
    quarantined: false,
    orphans: false,
    liftLimits: false,
  });
  const fields = { store: name };
  if (report === null) {
    log.warn(`expire: store ${name} is locked by another process; nothing was removed there`, fields);
    return false;
  }
  for (const { record, reason } of report.removed)
    log.info(`expired archive ${shortId(record.id)}: ${reason}`, { ...fields, archive: record.id });
  for (const { message, code } of report.errors) log.error(`expire: ${message}`, { ...fields, code });
  if (report.limits.length > 0)
    log.error(
      `expire: store ${name} is over a limit, nothing was removed; \`mothball expire --dry-run\` says more`,
      {
        ...fields,
        limits: report.limits,
      },
    );
  log.info(`expire: ${report.removed.length + report.finished.length} archives removed`, fields);
  return true;
}
