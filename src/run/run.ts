/**
 * `run/`: one account, policy by policy: first what earlier runs left, then look, archive, purge.
 * May import `plan`, `archive`, `purge`, `notice`, `preflight`, `work` and what is below the rooms.
 */
import { indexTexts } from '../archive/index-text.ts';
import { resumeArchiving } from '../archive/resume.ts';
import { type Plan, planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { QuotaRoot, QuotaView } from '../domain/quota.ts';
import { isAtOnce } from '../domain/term.ts';
import { errorFact, isConnectionLost, MothballError } from '../errors.ts';
import { noticeAfterRun } from '../notice/notify.ts';
import { Budget } from '../plan/budget.ts';
import type { PlanInput } from '../plan/candidates.ts';
import { drainRefusal, makePlan } from '../plan/plan.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { PurgeRun } from '../purge/due.ts';
import { usageNow } from '../purge/other-policies.ts';
import { hasDue, purgeDue } from '../purge/purge-due.ts';
import { recoverIntents, releaseStale } from '../purge/recover.ts';
import {
  notedThrottle,
  requireAccountFree,
  requireDailyBudget,
  settleAccountPause,
} from '../work/account-pause.ts';
import type { AccountWork } from '../work/account-work.ts';
import { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { resultOf, type RunReport, storedReport } from '../work/report.ts';
import { emptySpool } from '../work/spool.ts';
import { archiveRound, asDeleting } from './archive-round.ts';
import { countKept, noteProblems, noteShortfall } from './note-plan.ts';
import { quotaFell } from './quota-fell.ts';

export interface RunOptions {
  readonly liftLimits: boolean;
  /** Messages that one plan lists; default: `mostPlanned`. */
  readonly most?: number | undefined;
  /** Called with the name of each policy when it begins, and with its report as soon as it has ended. */
  readonly began?: (policy: string) => void;
  readonly ended?: (report: RunReport) => void;
}

/** How often one policy may lose its connection in one run, and how many rounds it may take. */
const maxReconnects = 3;
const maxRounds = 10;

/**
 * Runs enforcing policies on one account: first what earlier runs left, then each policy in turn.
 * Failures go into the reports; only what no report can hold is thrown.
 */
export async function runAccount(
  work: LockedWork,
  policies: readonly Policy[],
  options: RunOptions,
): Promise<readonly RunReport[]> {
  const inherited = new Ledger();
  let usageBefore: readonly QuotaRoot[] | null = null;
  await requirePlausibleClock(work, 'nothing was archived or deleted');
  await retried(work, inherited, async () => {
    await requireNotPaused(work.catalog);
    await emptySpool(work.spool.path);
    usageBefore ??= await usageNow(work);
    await finishEarlier(work, inherited);
  });
  const reports: RunReport[] = [];
  for (const [index, policy] of policies.entries()) {
    const ledger = index === 0 ? inherited : new Ledger();
    options.began?.(policy.name);
    const id = `${work.run}/${policy.name}/${work.account.server}/${work.account.account}`;
    const open = { started: work.clock.now(), finished: null, result: null, report: null };
    await work.catalog.startRun({ ...work.account, id, policy: policy.name, ...open });
    const budget = new Budget(work, policy, ledger, options.liftLimits);
    await retried(work, ledger, async () => {
      await requireNotPaused(work.catalog);
      await runPolicy({ work, ledger, usageBefore }, policy, budget, options.most);
    });
    const report = ledger.report(policy, work.account);
    await work.catalog.finishRun(id, work.clock.now(), resultOf(report), storedReport(report));
    options.ended?.(report);
    reports.push(report);
    // No other policy begins after that (SAFETY I8).
    if (report.errors.some(({ code }) => code === 'guard' || code === 'database')) break;
  }
  if (!reports.some(({ errors }) => errors.some(({ code }) => code === 'throttled')))
    await settleAccountPause(work);
  await work.folders.settle();
  const notice = await noticeAfterRun(work, policies);
  if (notice !== null && notice.kind !== 'sent') work.progress.note(notice.text);
  await indexTexts(work, policies);
  return reports;
}

/** What policies in plan mode would do. Writes nothing anywhere and needs no lock. */
export async function reportPlans(
  work: AccountWork,
  policies: readonly Policy[],
): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const policy of policies) {
    const ledger = new Ledger();
    try {
      work.signal.throwIfAborted();
      const plan = await planNow(work, policy, ledger, { draining: null });
      countKept(plan, ledger);
      noteProblems(plan, ledger);
    } catch (error) {
      await work.connection.drop().catch(() => undefined);
      ledger.failure(error);
    }
    reports.push(ledger.report(policy, work.account));
  }
  return reports;
}

/** What a crash or a lost connection left: open intents, open batches, archives not verified yet. */
async function finishEarlier(work: LockedWork, ledger: Ledger): Promise<void> {
  await recoverIntents(work, ledger);
  await releaseStale(work, ledger);
  await resumeArchiving(work, ledger);
}

/** What happened, without the name of the account that it may begin with. */
function ownFact(error: unknown, { account: { server, account } }: LockedWork): string {
  const fact = errorFact(error);
  const prefix = `${server}/${account}: `;
  return fact.startsWith(prefix) ? fact.slice(prefix.length) : fact;
}

/** Does it, again after a lost connection, and puts what remains into the ledger. */
async function retried(work: LockedWork, ledger: Ledger, step: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      work.signal.throwIfAborted();
      await requireAccountFree(work);
      // After a lost connection an open intent is settled first: from there back to the recheck.
      if (attempt > 1) await finishEarlier(work, ledger);
      await step();
      return;
    } catch (failure) {
      await work.connection.drop().catch(() => undefined);
      const error = (await notedThrottle(work, failure)) ?? failure;
      // The end of a second connection uses up no attempt.
      const most = maxReconnects + (work.secondSessions.refused ? 1 : 0);
      if (isConnectionLost(error) && attempt < most && !work.signal.aborted) {
        work.progress.note(
          `${work.account.account}: ${ownFact(error, work)}; trying again (${attempt} of ${most - 1})`,
        );
        continue;
      }
      ledger.failure(work.signal.aborted ? work.signal.reason : error);
      return;
    }
  }
}

async function runPolicy(
  run: PurgeRun,
  policy: Policy,
  budget: Budget,
  most: number | undefined,
): Promise<void> {
  const { work, ledger } = run;
  await requireDailyBudget(work);
  const deleting = asDeleting(policy);
  if (deleting !== null && (await hasDue(work, deleting))) {
    // Measured together, before the first effect: leftovers that fit by themselves must not go
    // ahead of a plan that breaks a limit. The plan is made again afterwards, on what is left.
    const ahead = await planNow(work, policy, ledger, { draining: null, most });
    budget.planned(ahead);
    if (!(await purgeDue(run, deleting, budget, { planned: planTotals(ahead) }))) return;
  }
  let draining: readonly QuotaView[] | null = null;
  for (let round = 1; round <= maxRounds; round += 1) {
    // A drain that has begun continues below its threshold, but only for what was over it.
    const plan: Plan = await planNow(work, policy, ledger, { draining, most });
    draining ??= plan.drains.map((outlook) => outlook.view);
    if (round === 1) countKept(plan, ledger);
    noteProblems(plan, ledger);
    budget.planned(plan);
    const refusal = await drainRefusal(await work.connection.session(), policy, plan);
    if (refusal !== null) throw new MothballError(refusal, { code: 'refused' });
    const leaving = planTotals(plan);
    const broken = await budget.broken(leaving);
    if (broken.length > 0) return ledger.limit(broken);
    noteShortfall(plan, ledger);
    if (leaving.messages === 0) return;
    const before = ledger.deletedSoFar();
    const except = await archiveRound(run, policy, plan, budget);
    const more = plan.folders.some(({ beyond }) => beyond !== undefined);
    if (deleting === null || !isAtOnce(deleting.delete.after)) {
      if (more) continue;
      return;
    }
    if (!(await purgeDue(run, deleting, budget, { except }))) return;
    const after = ledger.deletedSoFar();
    const freed = { messages: after.messages - before.messages, bytes: after.bytes - before.bytes };
    if (freed.messages === 0 || (policy.drainTo === null && !more)) return;
    if (policy.drainTo !== null && !(await quotaFell(work, plan, freed, ledger))) return;
  }
}

async function planNow(
  work: AccountWork,
  policy: Policy,
  ledger: Ledger,
  { draining, most }: Pick<PlanInput, 'draining' | 'most'>,
): Promise<Plan> {
  work.signal.throwIfAborted();
  const { holds } = work.rules;
  const session = await work.connection.session();
  const now = work.clock.now();
  const plan = await makePlan({
    ...work,
    session,
    policy,
    holds,
    now,
    isolation: work.folders,
    draining,
    most,
  });
  ledger.planned(plan);
  for (const { about, text } of work.connection.oddities) ledger.notice(about, text);
  return plan;
}
