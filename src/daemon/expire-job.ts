import { shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { errorMessage } from '../errors.ts';
import { expireStore } from '../expire/expire.ts';
import type { JobContext } from './job-context.ts';
import { storeJobDone } from './telemetry.ts';

/** Who removed archives by schedule, in the audit. */
const who = 'daemon';

/** Removes archives past their policy's `retain`, store by store. Never throws. */
export async function expireJob(context: JobContext): Promise<void> {
  const { app } = context.active;
  using _activity = context.activity.begin('expire', null);
  let all = true;
  for (const name of app.stores.keys()) {
    try {
      if (!(await expireIn(context, name))) all = false;
    } catch (error) {
      all = false;
      context.log.error(`expire in store "${name}" stopped: ${errorMessage(error)}`, { store: name });
    }
  }
  // What was held up is done at the next start, reload or schedule.
  if (all && !app.signal.aborted) await app.catalog.setDone('expire', app.clock.now());
}

/** False: another process holds the store's lock. */
async function expireIn({ active, log, metrics }: JobContext, name: string): Promise<boolean> {
  const work = active.app.expireWork(name, who);
  const report = await expireStore(work, {
    accounts: null,
    quarantined: false,
    orphans: false,
    liftLimits: false,
  });
  const fields = { store: name };
  if (report === null) {
    log.warn(
      `expire: store "${name}" is locked by another mothball process; nothing was removed there`,
      fields,
    );
    return false;
  }
  for (const { record, reason } of report.removed)
    log.info(`expired archive ${shortId(record.id)}: ${reason}`, { ...fields, archive: record.id });
  for (const { message, code } of report.errors) log.error(`expire: ${message}`, { ...fields, code });
  if (report.limits.length > 0)
    log.error(
      `expire: store "${name}" is over a limit, so nothing was removed; \`mothball expire --dry-run\` shows more`,
      {
        ...fields,
        limits: report.limits,
      },
    );
  if (report.errors.length === 0 && report.limits.length === 0) {
    const { catalog, clock } = active.app;
    await storeJobDone(metrics, catalog, { job: 'expire', store: name }, clock.now());
  }
  log.info(`expire: ${countOf(report.removed.length + report.finished.length, 'archive')} removed`, fields);
  return true;
}
