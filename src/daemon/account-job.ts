import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../domain/account.ts';
import { errorMessage } from '../errors.ts';
import { isImapError } from '../metrics/metrics.ts';
import { pauseText } from '../preflight/pause.ts';
import { runAccount } from '../run/run.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import type { JobContext } from './job-context.ts';
import { RunLog } from './run-log.ts';

/** The result of an account's job. `later`: it could not be done now, and is still due. */
export type JobResult =
  { readonly kind: 'done'; readonly moved: boolean } | { readonly kind: 'later'; readonly reason: string };

/** Everything that is due for one account, under its lock. Never throws. */
export async function accountJob(context: JobContext, ref: AccountRef): Promise<JobResult> {
  const { log } = context;
  const fields = { server: ref.server, account: ref.account };
  try {
    return await whileLocked(context, ref);
  } catch (error) {
    log.error(`the run failed before any policy: ${errorMessage(error)}`, fields);
    return { kind: 'later', reason: errorMessage(error) };
  }
}

async function whileLocked(context: JobContext, ref: AccountRef): Promise<JobResult> {
  const { active, due } = context;
  const { app } = active;
  if ((await due.policies(ref)).length === 0) return { kind: 'done', moved: false };
  const pause = await app.catalog.paused();
  if (pause !== null) return { kind: 'later', reason: pauseText(pause) };
  const id = randomUUID();
  const log = new RunLog(context.log, app.clock, { run: id, server: ref.server, account: ref.account });
  const outcome = await app.withAccount(ref, (work) => runDue(context, work, log), {
    run: id,
    gate: active.gate(),
    progress: log,
    waits: true,
  });
  return outcome === 'locked' ? { kind: 'later', reason: 'locked by another mothball process' } : outcome;
}

async function runDue(context: JobContext, work: LockedWork, log: RunLog): Promise<JobResult> {
  const { app } = context.active;
  const ref = work.account;
  // Asked again: another process may have done it while it held the lock.
  const policies = await context.due.policies(ref);
  if (policies.length === 0 || app.signal.aborted) return { kind: 'done', moved: false };
  using _activity = context.activity.begin('run', ref);
  let mark = app.clock.now();
  const ended = (report: RunReport): void => {
    const now = app.clock.now();
    const seconds = Math.max(0, (now.getTime() - mark.getTime()) / 1000);
    mark = now;
    log.report(report, seconds);
    context.metrics.recordRun(report, seconds, now);
    for (const { code } of report.errors) if (isImapError(code)) context.metrics.imapError(ref.server, code);
  };
  try {
    const reports = await runAccount(work, policies, { liftLimits: false, ended });
    // A pause or a reload interrupted it: it is still due, and comes back by itself.
    const broken = reports.find((report) => resultOf(report) === 'interrupted');
    const reason = broken?.errors.find(({ code }) => code === 'interrupted')?.message;
    if (reason !== undefined && !app.signal.aborted) return { kind: 'later', reason };
    return { kind: 'done', moved: reports.some((report) => report.deleted.messages > 0) };
  } finally {
    await app.catalog.addRunLines(work.run, ref, log.lines);
  }
}
