import { randomUUID } from 'node:crypto';
import type { App } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { runReportJson } from '../documents/runs.ts';
import type { Policy } from '../domain/policy.ts';
import { isError, MothballError } from '../errors.ts';
import { acceptClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { reportPlans, runAccount } from '../run/run.ts';
import { scanAccount } from '../upkeep/scan.ts';
import { neverCaught } from '../work/isolate.ts';
import { lockedError, type LockedWork } from '../work/locked-work.ts';
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
import { shareOf } from './progress.ts';
import { dryRun } from './run-dry.ts';
import { pingAll } from './run-events.ts';
import type { RunMetrics } from './run-metrics.ts';
import { showFaults, showReports } from './run-output.ts';
import { runQuestion } from './run-question.ts';

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
    const asks = options.yes !== true && context.io.interactive && enforced(app.config);
    const question = asks ? await runQuestion(app, context, selected, options.liftLimits === true) : null;
    if (question !== null && !(await confirmed(context, question))) {
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
    else showReports(context, reports);
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
          : await app.withAccount(account, (work) => runAndMeasure(app, work, enforced, liftLimits), options);
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

/** What was measured before a run is no longer true when it freed something: the quota is read again. */
async function runAndMeasure(
  app: App,
  work: LockedWork,
  policies: readonly Policy[],
  liftLimits: boolean,
): Promise<readonly RunReport[]> {
  const reports = await runAccount(work, policies, { liftLimits });
  const freed = reports.some(({ deleted }) => deleted.messages > 0);
  const { account, connection } = work;
  if (freed && !app.signal.aborted) await scanAccount({ ...app, waits: false, connection }, account, false);
  return reports;
}

function isEnforced(policy: Policy): boolean {
  return policy.mode === 'enforce';
}
