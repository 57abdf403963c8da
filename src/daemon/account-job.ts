import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../domain/account.ts';
import type { Policy } from '../domain/policy.ts';
import { errorMessage } from '../errors.ts';
import { pauseText } from '../preflight/pause.ts';
import { runAccount } from '../run/run.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import { RunLog } from './run-log.ts';
import { isImapCode } from './telemetry.ts';
import type { Workplace } from './workplace.ts';

/** What became of an account's job. `later`: it could not be done now, and stays due. */
export type Outcome =
  { readonly kind: 'done'; readonly moved: boolean } | { readonly kind: 'later'; readonly reason: string };

/** Whatever is due for one account, under its lock. Never throws. */
export async function accountJob(place: Workplace, ref: AccountRef): Promise<Outcome> {
  const { log } = place;
  const fields = { server: ref.server, account: ref.account };
  try {
    return await whileLocked(place, ref);
  } catch (error) {
    log.error(`the run failed before any policy: ${errorMessage(error)}`, fields);
    return { kind: 'later', reason: errorMessage(error) };
  }
}

async function whileLocked(place: Workplace, ref: AccountRef): Promise<Outcome> {
  const { site, due } = place;
  const { app } = site;
  if ((await due.policies(ref)).length === 0) return { kind: 'done', moved: false };
  const pause = await app.catalog.paused();
  if (pause !== null) return { kind: 'later', reason: pauseText(pause) };
  await using lock = await app.locks.account(ref);
  if (lock === null) return { kind: 'later', reason: 'locked: another process works on the account' };
  // Once more: whoever had the lock until now may have done it.
  const policies = await due.policies(ref);
  if (policies.length === 0 || app.signal.aborted) return { kind: 'done', moved: false };
  using _activity = place.activity.begin('run', ref);
  return await run(place, ref, policies);
}

async function run(place: Workplace, ref: AccountRef, policies: readonly Policy[]): Promise<Outcome> {
  const { app } = place.site;
  const id = randomUUID();
  const log = new RunLog(place.log, app.clock, { run: id, server: ref.server, account: ref.account });
  const work = { ...app.work(ref, id), gate: place.site.gate(), progress: log };
  let mark = app.clock.now();
  const ended = (report: RunReport): void => {
    const now = app.clock.now();
    const seconds = Math.max(0, (now.getTime() - mark.getTime()) / 1000);
    mark = now;
    log.report(report, seconds);
    place.metrics.recordRun(report, seconds, now);
    for (const { code } of report.errors) if (isImapCode(code)) place.metrics.imapError(ref.server, code);
  };
  try {
    const reports = await runAccount(work, policies, { liftLimits: false, ended });
    // A pause or a reload broke it off: it is due still, and comes back by itself.
    const broken = reports.find((report) => resultOf(report) === 'interrupted');
    const reason = broken?.errors.find(({ code }) => code === 'interrupted')?.message;
    if (reason !== undefined && !app.signal.aborted) return { kind: 'later', reason };
    return { kind: 'done', moved: reports.some((report) => report.deleted.messages > 0) };
  } finally {
    await work.line.drop().catch(() => undefined);
    await app.catalog.addRunLines(id, ref, log.lines);
  }
}
