import { randomUUID } from 'node:crypto';
import type { App } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { runReportJson } from '../documents/runs.ts';
import type { Policy } from '../domain/policy.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { reportPlans, runAccount } from '../run/run.ts';
import type { RunReport } from '../work/report.ts';
import type { Work } from '../work/work.ts';
import {
  type CommonOptions,
  confirmed,
  type Context,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { type AccountOutcome, exit, type ExitCode, exitCodeOfRun } from './exit-code.ts';
import { type AccountWork, byAccount, pickPolicies } from './pick-policies.ts';
import { limitText, planJson, showPlans } from './plan-output.ts';
import { planAll } from './plan.ts';
import { printable } from './printable.ts';
import type { RunMetrics } from './run-metrics.ts';
import { count, countOf } from './table.ts';

interface RunFlags extends CommonOptions {
  readonly dryRun?: boolean;
  readonly liftLimits?: boolean;
  readonly metricsFile?: string;
}

export async function run(context: Context, names: readonly string[], options: RunFlags): Promise<ExitCode> {
  const { metricsFile } = options;
  if (options.dryRun === true && metricsFile !== undefined) {
    throw new MothballError('--dry-run runs nothing, so there is nothing for --metrics-file to tell', {
      code: 'usage',
    });
  }
  if (options.dryRun === true) return dryRun(context, names);
  if (options.liftLimits === true && names.length === 0) {
    throw new MothballError(
      '--lift-limits lifts the limits of policies that are named: `mothball run POLICY --lift-limits`',
      { code: 'usage' },
    );
  }
  if (metricsFile === undefined) return act(context, names, options, null);
  const { withMetricsFile } = await import('./metrics-file.ts');
  return withMetricsFile(context, names, metricsFile, (metrics) => act(context, names, options, metrics));
}

async function act(
  context: Context,
  names: readonly string[],
  options: RunFlags,
  metrics: RunMetrics | null,
): Promise<ExitCode> {
  // Policies in plan mode write nothing anywhere, a database neither.
  const enforced = (config: Config): boolean => pickPolicies(config, names).some(isEnforced);
  const mode = (config: Config): 'create' | 'read-only' => (enforced(config) ? 'create' : 'read-only');
  return withApp(context, mode, async (app) => {
    const work = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    if (enforced(app.config)) await requireNotPaused(app.catalog);
    const deleting = work
      .flatMap(({ policies }) => policies)
      .filter((policy) => isEnforced(policy) && policy.delete !== null);
    const lift = options.liftLimits === true ? ' WITHOUT their safety limits' : '';
    const question = `Archive, verify and delete mail of ${countOf(work.length, 'account')} by ${countOf(new Set(deleting).size, 'enforced policy', 'enforced policies')}${lift}?`;
    if (deleting.length > 0 && !(await confirmed(context, question))) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    const outcomes = await runAll(app, context, work, options.liftLimits === true, metrics);
    await metrics?.finish(app, !enforced(app.config));
    const reports = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [] : outcome.reports));
    if (options.json === true) printJson(context.io, 'run', { runs: reports.map(runReportJson) });
    else for (const report of reports) showReport(context, report);
    for (const report of reports) showFaults(context, report);
    return exitCodeOfRun(outcomes);
  });
}

async function runAll(
  app: App,
  context: Context,
  work: readonly AccountWork[],
  liftLimits: boolean,
  metrics: RunMetrics | null,
): Promise<readonly AccountOutcome[]> {
  const id = metrics?.run ?? randomUUID();
  const outcomes: AccountOutcome[] = [];
  for (const { account, policies } of work) {
    if (app.signal.aborted) break;
    const job = app.work(account, id);
    let outcome: AccountOutcome;
    try {
      const enforced = policies.filter(isEnforced);
      const acted = enforced.length === 0 ? [] : await runLocked(app, context, job, enforced, liftLimits);
      const planned = await reportPlans(
        job,
        policies.filter((policy) => !isEnforced(policy)),
      );
      if (acted === null) outcome = { kind: 'locked', reports: planned };
      else outcome = { kind: 'done', reports: [...acted, ...planned] };
    } catch (error) {
      context.io.problem(error);
      outcome = { kind: 'failed', error };
    }
    outcomes.push(outcome);
    await metrics?.account(job, outcome, policies.filter(isEnforced));
    await job.line.drop().catch(() => undefined);
  }
  return outcomes;
}

/** Null when another process has the account. */
async function runLocked(
  app: App,
  { io }: Context,
  job: Work,
  policies: readonly Policy[],
  liftLimits: boolean,
): Promise<readonly RunReport[] | null> {
  const { server, account } = job.account;
  await using lock = await app.locks.account(job.account);
  // Awaited here: the lock is held until the run has ended.
  if (lock !== null) return await runAccount(job, policies, { liftLimits });
  io.err(
    `${io.style('red', 'error:', 'stderr')} ${printable(account)} on ${server} is locked: another mothball works on it. Nothing was done there; try again when it has finished.`,
  );
  return null;
}

function isEnforced(policy: Policy): boolean {
  return policy.mode === 'enforce';
}

/** Plans of all policies, and what earlier runs left that a `run` would finish. Writes nothing. */
async function dryRun(context: Context, names: readonly string[]): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io, options } = context;
    const work = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    const { plans, failed } = await planAll(app, context, work);
    const pending = [];
    for (const { account } of work) {
      const rows = await app.catalog.pendingTotals(account);
      for (const row of rows) pending.push({ ...account, ...row });
      for (const batch of await app.catalog.openBatches(account)) {
        pending.push({
          ...account,
          policy: batch.policy,
          folder: batch.folder,
          messages: batch.uids.length,
          bytes: null,
        });
      }
    }
    if (options.json === true)
      printJson(io, 'dry-run', {
        plans: plans.map(({ plan, policy }) => planJson(plan, policy, false)),
        pending,
      });
    else {
      showPlans(io, plans, false);
      for (const row of pending)
        io.out(
          `left from earlier runs: ${printable(row.account)} ${printable(row.folder)}: ${count(row.messages)} messages of ${row.policy}, ${row.bytes === null ? 'not archived yet' : 'archived, wait for their purge'}`,
        );
    }
    if (failed === 0) return exit.ok;
    return failed === work.length ? exit.failure : exit.partial;
  });
}

function showReport({ io }: Context, report: RunReport): void {
  const name = `${report.policy} on ${printable(report.account)}`;
  if (report.mode === 'plan' && report.plan === null) {
    io.out(`${name}: plan mode, nothing done`);
  } else if (report.mode === 'plan') {
    const planned = report.plan?.folders.reduce((sum, folder) => sum + folder.messages.length, 0) ?? 0;
    io.out(`${name}: plan mode, nothing done; ${count(planned)} messages would leave`);
  } else {
    const { archived, deleted } = report;
    io.out(
      `${name}: archived ${count(archived.messages)} messages (${formatBytes(archived.bytes)}), deleted ${count(deleted.messages)} (${formatBytes(deleted.bytes)})`,
    );
  }
  for (const { reason, messages } of report.skipped)
    io.out(`  stays: ${count(messages)} (${printable(reason)})`);
}

function moved({ archived, deleted }: RunReport): boolean {
  return archived.messages + deleted.messages > 0;
}

/** What needs a person, on stderr: logs of a cron job hold it even where stdout is thrown away. */
function showFaults({ io }: Context, report: RunReport): void {
  const say = (style: 'red' | 'yellow', text: string): void =>
    io.err(io.style(style, `${report.policy} on ${printable(report.account)}: ${printable(text)}`, 'stderr'));
  for (const notice of report.notices) say('yellow', notice);
  for (const limit of report.limits) {
    say(
      'red',
      `over a limit, ${moved(report) ? 'nothing more was done' : 'nothing was done'}: ${limitText(limit)}. Check the policy; \`mothball run ${report.policy} --lift-limits\` lifts its limits once.`,
    );
  }
  for (const { message } of report.errors) say('red', message);
}
