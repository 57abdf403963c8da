import type { App } from '../compose.ts';
import { doneOf, hadWork, recordedRunJson, runsCsv } from '../documents/runs.ts';
import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { RunFilter } from '../ports/browse.ts';
import type { RunRecord } from '../ports/records.ts';
import { type Firing, firings, mostGrouped } from '../watch/firings.ts';
import { reasonOf, resultsText, worstOf } from '../watch/policy-results.ts';
import { liveDaemons } from '../watch/status.ts';
import {
  type CommonOptions,
  type Context,
  forReading,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { countOption } from './count-option.ts';
import { refuseBoth, printCsv } from './csv.ts';
import { pickPolicies } from './pick-policies.ts';
import { showTable } from './table.ts';
import type { Style } from './terminal.ts';
import { timeText } from './when.ts';

interface RunsFlags extends CommonOptions {
  readonly policy?: string;
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly limit?: string;
  readonly csv?: boolean;
}

const failures = ['failed', 'limit'] as const;
/** Shown where `--limit` is not given; a table for a spreadsheet has all. */
const usuallyShown = 20;

/** What the policies did: grouped by policy and time, or run by run for `--account` and `--failed`. */
export async function runs(
  context: Context,
  _args: readonly string[],
  options: RunsFlags,
): Promise<ExitCode> {
  refuseBoth(options);
  const usual = options.csv === true ? mostGrouped : usuallyShown;
  const limit = countOption('--limit', options.limit ?? String(usual), mostGrouped);
  return withApp(context, forReading, async (app) => {
    if (options.policy !== undefined) pickPolicies(app.config, [options.policy]);
    const singly = options.failed === true || options.account !== undefined;
    const filter = filterOf(app, context, options);
    const busyOf = (rows: readonly RunRecord[]): readonly RunRecord[] =>
      options.all === true || options.failed === true ? rows : rows.filter(hadWork);
    if (options.json === true || options.csv === true) {
      // Both have every report in full.
      const { rows, total } = await app.catalog.runPage(filter, { limit: mostGrouped, offset: 0 });
      const listed = busyOf(rows).slice(0, limit);
      if (options.csv === true) printCsv(context.io, runsCsv(listed));
      else printJson(context.io, 'runs', { runs: listed.map(recordedRunJson), total });
      return exit.ok;
    }
    const rows = await app.catalog.runBriefs(filter, mostGrouped);
    if (singly) await showRuns(app, context, busyOf(rows), { ...options, most: limit });
    else await showFirings(app, context, rows, { ...options, most: limit });
    return exit.ok;
  });
}

function filterOf(app: App, context: Context, { policy, failed }: RunsFlags): RunFilter {
  return {
    ...(context.options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) }),
    ...(policy === undefined ? {} : { policy }),
    ...(failed === true ? { results: failures } : {}),
  };
}

async function showFirings(
  app: App,
  { io, zone }: Context,
  rows: readonly RunRecord[],
  { all, most }: { readonly all?: boolean; readonly most: number },
): Promise<void> {
  const jobs = (await liveDaemons(app.catalog, app.clock.now())).flatMap(({ state }) => state.jobs);
  const found = firings(rows, jobs, doneOf);
  const busy = found.filter((one) => all === true || one.runs.some(hadWork));
  const shown = busy.slice(0, most);
  if (shown.length === 0) io.out('no runs that did anything');
  else
    showTable(
      io,
      [
        { title: 'STARTED' },
        { title: 'POLICY', least: 12 },
        { title: 'ACCOUNTS', align: 'right' },
        { title: 'ARCHIVED', align: 'right', drop: 2 },
        { title: 'DELETED', align: 'right', drop: 1 },
        { title: 'RESULT', least: 12, style: (row) => styleOf(shown[row]) },
      ],
      shown.map((one) => [
        timeText(one.started, zone),
        one.policy,
        count(one.runs.length),
        amount(one.archived),
        amount(one.deleted),
        resultsText(one.results),
      ]),
    );
  if (busy.length > shown.length) io.out(`and ${count(busy.length - shown.length)} more; --limit shows more`);
  const idle = found.length - busy.length;
  if (idle > 0) io.out(`${countOf(idle, 'time')} a policy had nothing to do; --all shows them`);
}

function styleOf(firing: Firing | undefined): Style | null {
  const worst = firing === undefined ? null : worstOf(firing.results);
  return worst === null || worst === 'running' ? null : resultStyle(worst);
}

export function resultStyle(result: RunRecord['result']): Style | null {
  switch (result) {
    case 'failed':
    case 'limit':
      return 'red';
    case 'partial':
    case 'interrupted':
      return 'yellow';
    case 'success':
      return 'green';
    case null:
      return null;
  }
}

async function showRuns(
  app: App,
  { io, zone }: Context,
  rows: readonly RunRecord[],
  { failed = false, most }: { readonly failed?: boolean; readonly most: number },
): Promise<void> {
  const shown = rows.slice(0, most);
  if (shown.length === 0) return io.out(failed ? 'no failed runs' : 'no runs that did anything');
  // Reports are long: only the reasons that are shown are read.
  const reasons = new Map<string, string>();
  if (failed) for (const { id } of shown) reasons.set(id, await reasonIn(app, id));
  showTable(
    io,
    [
      { title: 'RUN' },
      { title: 'STARTED' },
      { title: 'POLICY', least: 12 },
      { title: 'ACCOUNT', least: 16 },
      ...(failed
        ? [{ title: 'REASON', least: 16 }]
        : ([
            { title: 'ARCHIVED', align: 'right', drop: 2 },
            { title: 'DELETED', align: 'right', drop: 1 },
          ] as const)),
      { title: 'RESULT', style: (row: number) => resultStyle(shown[row]?.result ?? null) },
    ],
    shown.map((run) => {
      const { archived, deleted } = doneOf(run);
      return [
        shortRun(run.id),
        timeText(run.started, zone),
        run.policy,
        run.account,
        ...(failed ? [reasons.get(run.id) ?? ''] : [amount(archived), amount(deleted)]),
        run.result ?? 'not ended',
      ];
    }),
  );
  if (rows.length > shown.length) io.out(`and ${count(rows.length - shown.length)} more; --limit shows more`);
  io.out('`mothball log RUN` shows what a run did and logged');
}

async function reasonIn({ catalog }: App, id: string): Promise<string> {
  const run = await catalog.run(id);
  return run === null ? '' : (reasonOf(run) ?? '');
}

function amount({ messages, bytes: size }: { readonly messages: number; readonly bytes: number }): string {
  return messages === 0 ? '' : `${count(messages)} (${formatBytes(bytes(size))})`;
}

/** Eight digits are enough for `log`. */
function shortRun(id: string): string {
  return id.slice(0, 8);
}

/** For `log` without a match. */
export function noSuchRun(id: string): MothballError {
  return new MothballError(
    { fact: `there is no run "${id}"`, remedy: 'Run `mothball runs --account NAME` to find its ID' },
    { code: 'usage' },
  );
}
