import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../domain/account.ts';
import { mayPass } from '../domain/run-result.ts';
import { errorMessage } from '../errors.ts';
import { isImapError } from '../metrics/metrics.ts';
import { pauseText } from '../preflight/pause.ts';
import { runAccount } from '../run/run.ts';
import { accountPauseText } from '../work/account-pause.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import type { JobContext } from './job-context.ts';
import { RunLog } from './run-log.ts';

/** The result of an account's job. `later`: it could not be done now, and is still due. */
export type JobResult =
  | { readonly kind: 'done'; readonly moved: boolean }
  /** `failed`: it was tried. */
  | { readonly kind: 'later'; readonly reason: string; readonly failed: boolean; readonly until?: Date }
  /** Its server is down; it comes back when the server does. */
  | { readonly kind: 'waits' };

/** Everything that is due for one account, under its lock. Never throws. */
export async function accountJob(
  context: JobContext,
  ref: AccountRef,
  signal?: AbortSignal,
): Promise<JobResult> {
  const { log } = context;
  const fields = { server: ref.server, account: ref.account };
  try {
    return await whileLocked(context, ref, signal);
  } catch (error) {
    log.error(`the run failed before any policy: ${errorMessage(error)}`, fields);
    return { kind: 'later', reason: errorMessage(error), failed: true };
  }
}

async function whileLocked(context: JobContext, ref: AccountRef, signal?: AbortSignal): Promise<JobResult> {
  const { active, due } = context;
  const { app } = active;
  if ((await due.policies(ref)).length === 0) return { kind: 'done', moved: false };
  const pause = await app.catalog.paused();
  if (pause !== null) return { kind: 'later', reason: pauseText(pause), failed: false };
  const left = await app.catalog.accountPause(ref);
  if (left !== null && app.clock.now() < left.until)
    return { kind: 'later', reason: accountPauseText(left), failed: false, until: left.until };
  if (context.servers.refusal(ref.server) !== null) return { kind: 'waits' };
  const id = randomUUID();
  const log = new RunLog(context.log, app.clock, { run: id, server: ref.server, account: ref.account });
  const outcome = await app.withAccount(ref, (work) => runDue(context, work, log), {
    run: id,
    gate: active.gate(),
    progress: log,
    waits: true,
    ...(signal === undefined ? {} : { signal }),
  });
  return outcome === 'locked'
    ? { kind: 'later', reason: 'locked by another mothball process', failed: false }
    : outcome;
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
    context.pings.add(context.active.config.policies, report);
    for (const { code } of report.errors) if (isImapError(code)) context.metrics.imapError(ref.server, code);
  };
  try {
    const reports = await runAccount(work, policies, {
      liftLimits: false,
      began: (policy) => log.policy(policy),
      ended,
    });
    const unfinished = app.signal.aborted ? null : stillDue(context, reports);
    if (unfinished !== null) return unfinished;
    return { kind: 'done', moved: reports.some((report) => report.deleted.messages > 0) };
  } finally {
    await app.catalog.addRunLines(work.run, ref, log.lines);
  }
}

/** What a pause or a reload interrupted, or a fault that may pass, is still due, and comes back by itself. */
function stillDue({ active }: JobContext, reports: readonly RunReport[]): JobResult | null {
  const broken = reports.find((report) => resultOf(report) === 'interrupted');
  const interruption = broken?.errors.find(({ code }) => code === 'interrupted' || code === 'throttled');
  if (interruption !== undefined) return { kind: 'later', reason: interruption.message, failed: false };
  const fault = reports.flatMap(({ errors }) => errors).find(({ code }) => mayPass(code));
  if (fault === undefined) return null;
  // A store that was unfit gets another chance with the next attempt.
  if (fault.code === 'store') active.renewGate();
  return { kind: 'later', reason: fault.message, failed: true };
}
