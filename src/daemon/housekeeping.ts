import { accountKey, type AccountRef } from '../domain/account.ts';
import { countOf } from '../domain/count.ts';
import { dayMs } from '../domain/dates.ts';
import { subtract } from '../domain/duration.ts';
import type { Policy } from '../domain/policy.ts';
import { errorMessage } from '../errors.ts';
import { removeOldCanaries } from '../expire/canaries.ts';
import { settleAccount } from '../run/settle.ts';
import { Ledger } from '../work/ledger.ts';
import { emptySpool } from '../work/spool.ts';
import type { ActiveConfig } from './active-config.ts';
import type { JobContext } from './job-context.ts';

/** The job's key in the queue, and its name in the catalog. */
const housekeeping = 'housekeeping';

/** Runs, their log lines, and batches that are closed. Milliseconds. */
const keepRunsMs = 90 * dayMs;
/** What restores made: a repeated restore finds it there, and no policy takes it away too early. */
const keepRestoresMs = 730 * dayMs;

interface DailyJob {
  readonly key: string;
  /** Empty: it needs no connection. */
  readonly server: string;
  readonly job: (context: JobContext) => Promise<void>;
}

/**
 * What is to be done once a day; nothing if it was done less than a day ago. `atStart`: whatever a crash
 * left is settled all the same, as our marks must not wait for a day.
 */
export async function dailyJobs(
  { app }: ActiveConfig,
  { atStart }: { readonly atStart: boolean },
): Promise<readonly DailyJob[]> {
  const last = await app.catalog.lastDone(housekeeping);
  const due = last === null || app.clock.now().getTime() - last.getTime() >= dayMs;
  if (!due && !atStart) return [];
  const open = await app.catalog.accountsWithIntents();
  return [
    ...(due ? [{ key: housekeeping, server: '', job: pruneJob }] : []),
    ...open.map((ref) => ({
      key: `settle ${accountKey(ref)}`,
      server: ref.server,
      job: (context: JobContext) => settleJob(context, ref),
    })),
  ];
}

/**
 * Removes what nobody will ask for again: old samples, runs, restores, audit records and canaries, and
 * the spool of accounts that were removed. Never throws.
 */
async function pruneJob(context: JobContext): Promise<void> {
  const { app, config } = context.active;
  const now = app.clock.now();
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  const steps: readonly (() => Promise<void>)[] = [
    () => app.catalog.thinSamples(now),
    () => app.catalog.pruneRuns(ago(keepRunsMs)),
    () =>
      app.catalog.prune({
        closedBatches: ago(keepRunsMs),
        unfinishedRuns: ago(keepRunsMs),
        restores: restoresLimit(config.policies, now),
        audit: subtract(now, config.audit.keep, 'UTC'),
      }),
    () => removeCanaries(context, now),
    () => leavers(context),
  ];
  // One step that fails does not hold up the others.
  let all = true;
  for (const step of steps) {
    if (app.signal.aborted) return;
    await step().catch((error: unknown) => {
      all = false;
      context.log.warn(`old records were not pruned completely: ${errorMessage(error)}`, {
        job: housekeeping,
      });
    });
  }
  if (all) await app.catalog.setDone(housekeeping, now);
}

/** No policy may still have to leave the restored mail alone. */
function restoresLimit(policies: readonly Policy[], now: Date): Date {
  const limits = policies.map(({ restoredKeep, timezone }) =>
    subtract(now, restoredKeep, timezone).getTime(),
  );
  return new Date(Math.min(now.getTime() - keepRestoresMs, ...limits));
}

async function removeCanaries({ active, log }: JobContext, now: Date): Promise<void> {
  const { app } = active;
  if ((await app.catalog.paused()) !== null) return;
  for (const name of app.stores.keys()) {
    // Credentials that may not remove leave them there; they are small.
    await removeOldCanaries(app.expireWork(name, 'daemon').store, now, app.signal).catch((error: unknown) =>
      log.debug(`old canaries stay: ${errorMessage(error)}`, { store: name }),
    );
  }
}

/** Accounts that were removed from the configuration: their spool is emptied, and open deletions are named. */
async function leavers({ active, log }: JobContext): Promise<void> {
  const { app } = active;
  for (const ref of await app.catalog.archivedAccounts()) {
    if (active.has(ref)) continue;
    await app.withAccount(ref, async (work) => emptySpool(work.spool.path));
  }
  for (const ref of await app.catalog.accountsWithIntents()) {
    if (active.has(ref)) continue;
    log.warn(
      'the account was removed while mail of it was being deleted: some of it may still be marked \\Deleted. Add the account again, so that this is settled',
      { ...ref },
    );
  }
}

/**
 * Settles deletions of the account that were interrupted, although no policy may be due there ever
 * again. Never throws.
 */
async function settleJob({ active, log }: JobContext, ref: AccountRef): Promise<void> {
  const { app } = active;
  if (!active.has(ref) || (await app.catalog.paused()) !== null) return;
  const left = await app.catalog.accountPause(ref);
  if (left !== null && app.clock.now() < left.until) return;
  const fields = { server: ref.server, account: ref.account };
  try {
    const ledger = new Ledger();
    const outcome = await app.withAccount(ref, async (work) => settleAccount(work, ledger));
    // Whoever has the lock settles it.
    if (outcome === 'locked') return;
    const { deleted, errors } = ledger.report({ name: '', mode: 'enforce' }, ref);
    log.info(
      `settled what was interrupted: ${countOf(deleted.messages, 'message')} had been deleted`,
      fields,
    );
    for (const { code, message } of errors) log.error(message, { ...fields, code });
  } catch (error) {
    log.warn(`what was interrupted is not settled yet: ${errorMessage(error)}`, {
      ...fields,
      job: accountKey(ref),
    });
  }
}
