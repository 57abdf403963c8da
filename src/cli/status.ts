import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../compose.ts';
import { statusJson } from '../documents/status.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import { pauseText } from '../preflight/pause.ts';
import { resultsText, worstOf } from '../watch/policy-results.ts';
import { type Status, statusOf } from '../watch/status.ts';
import { type CommonOptions, type Context, forReading, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { usageStyle } from './fleet.ts';
import { inDays } from './full-in.ts';
import { failureLines, waitingLines } from './status-lines.ts';
import { bar, cutTo, showTable } from './table.ts';
import type { Style } from './terminal.ts';
import { timeText } from './when.ts';

interface StatusFlags extends CommonOptions {
  /** True: without a number. */
  readonly watch?: string | true;
}

const usualPauseMs = 5000;
/** Jobs that are listed one by one. */
const mostJobs = 5;

/** What failed, what is running, what comes next, and what waits. Works beside a running daemon. */
export async function status(
  context: Context,
  _args: readonly string[],
  { watch }: StatusFlags,
): Promise<ExitCode> {
  const pause = watch === undefined ? null : pauseOf(watch);
  return withApp(context, forReading, async (app) => {
    if (pause === null) await look(context, app);
    else await lookAgain(context, app, pause);
    return exit.ok;
  });
}

function pauseOf(watch: string | true): number {
  if (watch === true) return usualPauseMs;
  if (/^\d{1,4}(?:\.\d)?$/.test(watch) && Number(watch) >= 0.5) return Number(watch) * 1000;
  throw new MothballError(
    { fact: `--watch takes seconds, at least 0.5, not "${watch}"`, notDone: 'nothing was shown' },
    { code: 'usage' },
  );
}

/** Until a signal ends it. On a terminal each picture takes the place of the one before. */
async function lookAgain(context: Context, app: App, pauseMs: number): Promise<void> {
  const { io, signal } = context;
  for (;;) {
    if (io.stdoutIsTty) io.raw(Buffer.from('\u001b[H\u001b[2J'));
    await look(context, app);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (!io.stdoutIsTty && context.options.json !== true) io.out('');
  }
}

async function look(context: Context, app: App): Promise<void> {
  const found = await statusOf(app);
  if (context.options.json === true) printJson(context.io, 'status', statusJson(found));
  else show(context, found);
}

function show(context: Context, found: Status): void {
  const { io, zone } = context;
  const heading = (text: string, style: Style = 'bold'): void => io.out(`\n${io.style(style, text)}`);
  showDaemons(context, found);
  const failed = failureLines(found, zone);
  if (failed.length > 0) {
    heading('Failed', ['bold', 'red']);
    for (const line of failed) io.out(io.style('red', fitted(context, line, 2)));
  }
  heading('Policies');
  showPolicies(context, found);
  heading('Waiting');
  const waiting = waitingLines(found, zone);
  for (const line of waiting.length === 0 ? ['nothing'] : waiting) io.out(fitted(context, line, 2));
  if (found.fullest.length === 0) return;
  heading('Fullest accounts');
  for (const { server, account, percent, fullAt } of found.fullest) {
    const style = usageStyle(percent);
    const meter = `${bar(percent)} ${percent.toFixed(1).padStart(5)} %`;
    const full = fullAt === null ? '' : `, full ${inDays(fullAt, found.at)}`;
    io.out(`${style === null ? meter : io.style(style, meter)}  ${printable(account)} on ${server}${full}`);
  }
}

/** The most lines that are shown: with many accounts all of it must fit one screen. */
function fitted({ io }: Context, line: string, lines: number): string {
  const text = printable(line);
  return io.outColumns === null ? text : cutTo(text, lines * io.outColumns);
}

function showPolicies({ io, zone }: Context, { policies, jobs }: Status): void {
  const rows = [
    ...policies.map(({ policy, mode, next, last, results }) => [
      policy,
      mode === 'plan' ? 'plan mode: only reports' : next === null ? 'not scheduled' : timeText(next, zone),
      last === null ? 'never' : timeText(last.finished ?? last.started, zone),
      resultsText(results),
    ]),
    ...jobs.map(({ job, next }) => [`(${job})`, next === null ? 'never' : timeText(next, zone), '', '']),
  ];
  const style = (row: number): Style | null => {
    const policy = policies[row];
    const worst = policy === undefined ? null : worstOf(policy.results);
    if (worst === 'failed' || worst === 'limit') return 'red';
    return worst === 'partial' || worst === 'interrupted' ? 'yellow' : worst === 'success' ? 'green' : null;
  };
  showTable(
    io,
    [
      { title: 'POLICY', least: 16 },
      { title: 'NEXT', drop: 1 },
      { title: 'LAST', drop: 2 },
      { title: 'RESULT', style },
    ],
    rows,
  );
}

function showDaemons(context: Context, { daemons, running, pause }: Status): void {
  const { io, zone } = context;
  if (pause !== null)
    io.out(io.style('yellow', `everything: ${printable(pauseText(pause, (at) => timeText(at, zone)))}`));
  if (daemons.length === 0) io.out('no daemon is running; `mothball daemon` starts one');
  for (const { host, pid, started, seen, state } of daemons) {
    io.out(
      `daemon on ${host}, pid ${pid}, since ${timeText(started, zone)}${state.leader && daemons.length > 1 ? ', leader' : ''}${state.stopping ? ', stopping' : ''}${daemons.length > 1 ? `, seen ${timeText(seen, zone)}` : ''}: ${countOf(state.jobs.length, 'job')} running, ${state.waiting} waiting`,
    );
    for (const { kind, server, account, since } of state.jobs.slice(0, mostJobs))
      io.out(
        `  ${kind}${account === null ? '' : ` of ${printable(account)} on ${server}`} since ${timeText(since, zone)}`,
      );
    if (state.jobs.length > mostJobs) io.out(`  and ${state.jobs.length - mostJobs} more`);
    for (const problem of state.reload.problems)
      io.out(io.style('red', `  the configuration was not loaded: ${printable(problem)}`));
  }
  const active = new Set(
    daemons.flatMap(({ state }) => state.jobs.map(({ server, account }) => `${server} ${account}`)),
  );
  const open = running.filter(({ server, account }) => !active.has(`${server} ${account}`));
  for (const { policy, account, started } of open.slice(0, mostJobs))
    io.out(
      `${policy} on ${printable(account)}: began ${timeText(started, zone)}; it was interrupted, or another process is running it`,
    );
  if (open.length > mostJobs) io.out(`and ${open.length - mostJobs} more like these`);
}
