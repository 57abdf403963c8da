import { randomUUID } from 'node:crypto';
import type { App } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { runReportJson } from '../documents/runs.ts';
import { count, countOf } from '../domain/count.ts';
import type { Policy } from '../domain/policy.ts';
import { printable } from '../domain/printable.ts';
import { reasonText } from '../domain/reason.ts';
import { formatBytes } from '../domain/size.ts';
import { isError, MothballError } from '../errors.ts';
import { acceptClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { reportPlans, runAccount } from '../run/run.ts';
import { neverCaught } from '../work/isolate.ts';
import { lockedError } from '../work/locked-work.ts';
import type { RunReport } from '../work/report.ts';
import { inPool, InOrder, poolLimits } from './account-pool.ts';
import { localUser } from './audit.ts';
import {
  type CommonOptions,
  confirmed,
  type Context,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { type AccountOutcome, exit, type ExitCode, exitCodeOfRun } from './exit-code.ts';
import { type AccountPolicies, byAccount, pickPolicies } from './pick-policies.ts';
import { limitText, planJson, showPlans } from './plan-output.ts';
import { planAll } from './plan.ts';
import { shareOf } from './progress.ts';
import { logReport, pingAll } from './run-events.ts';
import type { RunMetrics } from './run-metrics.ts';

interface RunFlags extends CommonOptions {
  readonly dryRun?: boolean;
  readonly liftLimits?: boolean;
  readonly acceptClock?: boolean;
  readonly metricsFile?: string;
}

export async function run(context: Context, names: readonly string[], options: RunFlags): Promise<ExitCode> {
  const { metricsFile } = options;
  if (options.dryRun === true && options.acceptClock === true) {
    throw new MothballError(
      {
        fact: '--accept-clock cannot be used with --dry-run',
        notDone: 'a dry run writes nothing, so it accepts nothing',
      },
      { code: 'usage' },
    );
  }
  if (options.dryRun === true && metricsFile !== undefined) {
    throw new MothballError(
      {
        fact: '--metrics-file cannot be used with --dry-run',
        notDone: 'nothing is run, so there is nothing to measure',
      },
      { code: 'usage' },
    );
  }
  if (options.dryRun === true) return dryRun(context, names);
  if (options.liftLimits === true && names.length === 0) {
    throw new MothballError(
      {
        fact: '--lift-limits lifts only the limits of policies that are named',
        remedy: 'Name them: `mothball run POLICY --lift-limits`',
      },
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
  // Policies in plan mode write nothing anywhere, not even a database.
  const enforced = (config: Config): boolean => pickPolicies(config, names).some(isEnforced);
  const mode = (config: Config): 'create' | 'read-only' => (enforced(config) ? 'create' : 'read-only');
  return withApp(context, mode, async (app) => {
    const selected = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    if (enforced(app.config)) await requireNotPaused(app.catalog);
    const deleting = selected
      .flatMap(({ policies }) => policies)
      .filter((policy) => isEnforced(policy) && policy.delete !== null);
    const lift = options.liftLimits === true ? ' WITHOUT their safety limits' : '';
    const question = `Archive, verify and delete mail of ${countOf(selected.length, 'account')} by ${countOf(new Set(deleting).size, 'enforced policy', 'enforced policies')}${lift}?`;
    if (deleting.length > 0 && !(await confirmed(context, question))) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    if (options.acceptClock === true && enforced(app.config)) await acceptClock(app, localUser());
    const outcomes = await runAll(app, context, {
      selected,
      liftLimits: options.liftLimits === true,
      metrics,
    });
    await metrics?.finish(app, !enforced(app.config));
    const reports = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [] : outcome.reports));
    if (options.json === true) printJson(context.io, 'run', { runs: reports.map(runReportJson) });
    else for (const report of reports) showReport(context, report);
    for (const report of reports) showFaults(context, report);
    await pingAll(app, context, reports);
    return exitCodeOfRun(outcomes);
  });
}

interface Runs {
  readonly selected: readonly AccountPolicies[];
  readonly liftLimits: boolean;
  readonly metrics: RunMetrics | null;
}

async function runAll(
  app: App,
  context: Context,
  { selected, liftLimits, metrics }: Runs,
): Promise<readonly AccountOutcome[]> {
  const id = metrics?.run ?? randomUUID();
  const outcomes = new Map<number, AccountOutcome>();
  const shown = new InOrder();
  const problems = (index: number, found: readonly unknown[]): void =>
    shown.add(index, () => {
      for (const problem of found) context.io.problem(problem);
    });
  let stopped = false;
  const step = async ({ account, policies }: AccountPolicies, index: number): Promise<void> => {
    const look = app.look(account);
    const enforced = policies.filter(isEnforced);
    let outcome: AccountOutcome;
    try {
      const options = { run: id, progress: shareOf(app.progress) };
      const acted =
        enforced.length === 0
          ? []
          : await app.withAccount(account, (work) => runAccount(work, enforced, { liftLimits }), options);
      const planned = await reportPlans(
        look,
        policies.filter((policy) => !isEnforced(policy)),
      );
      problems(index, acted === 'locked' ? [lockedError(account, 'nothing was done there')] : []);
      if (acted === 'locked') outcome = { kind: 'locked', reports: planned };
      else outcome = { kind: 'done', reports: [...acted, ...planned] };
    } catch (error) {
      problems(index, [error]);
      outcome = { kind: 'failed', error };
      // The other accounts would fail in the same way.
      if (isError(error, ...neverCaught)) stopped = true;
    }
    outcomes.set(index, outcome);
    await metrics?.account(look, outcome, enforced);
    await look.connection[Symbol.asyncDispose]();
  };
  const accounts = selected.map((one) => ({ ...one, server: one.account.server }));
  await inPool(poolLimits(app.config, context.options), accounts, step, () => stopped || app.signal.aborted);
  shown.end();
  return [...outcomes].sort(([x], [y]) => x - y).map(([, outcome]) => outcome);
}

function isEnforced(policy: Policy): boolean {
  return policy.mode === 'enforce';
}

/** Plans of all policies, and what earlier runs left that a `run` would finish. Writes nothing. */
async function dryRun(context: Context, names: readonly string[]): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io, options } = context;
    const selected = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    const { plans, failed } = await planAll(app, context, selected);
    const pending = [];
    for (const { account } of selected) {
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
          `left from earlier runs: ${printable(row.account)} ${printable(row.folder)}: ${countOf(row.messages, 'message')} of ${row.policy}, ${row.bytes === null ? 'not archived yet' : 'archived, awaiting deletion'}`,
        );
    }
    return failed.exitCode(plans.some(({ plan }) => plan.problems.length > 0));
  });
}

function showReport({ io }: Context, report: RunReport): void {
  const name = `${report.policy} on ${printable(report.account)}`;
  if (report.mode === 'plan' && report.plan === null) {
    io.out(`${name}: plan mode, nothing done`);
  } else if (report.mode === 'plan') {
    const planned = report.plan?.folders.reduce((sum, folder) => sum + folder.messages.length, 0) ?? 0;
    io.out(`${name}: plan mode, nothing done; ${countOf(planned, 'message')} would be archived`);
  } else {
    const { archived, deleted } = report;
    io.out(
      `${name}: archived ${countOf(archived.messages, 'message')} (${formatBytes(archived.bytes)}), deleted ${count(deleted.messages)} (${formatBytes(deleted.bytes)})`,
    );
  }
  for (const { reason, messages } of report.skipped)
    io.out(`  kept: ${count(messages)} (${printable(reasonText(reason))})`);
}

function moved({ archived, deleted }: RunReport): boolean {
  return archived.messages + deleted.messages > 0;
}

/** What needs a person goes to stderr: a cron job logs it even if it discards stdout. */
function showFaults({ io }: Context, report: RunReport): void {
  if (io.event !== undefined) return logReport(io.event, report);

  const say = (style: 'red' | 'yellow', text: string): void =>
    io.err(io.style(style, `${report.policy} on ${printable(report.account)}: ${printable(text)}`, 'stderr'));
  for (const notice of report.notices) say('yellow', notice);
  for (const limit of report.limits) {
    say(
      'red',
      `over a limit, so ${moved(report) ? 'nothing more' : 'nothing'} was done: ${limitText(limit)}. Check the policy; \`mothball run ${report.policy} --lift-limits\` lifts its limits once.`,
    );
  }
  for (const { message } of report.errors) say('red', message);
}
