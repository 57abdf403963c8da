import type { App } from '../compose.ts';
import { type RecordedRun, recordedRunJson, runLineJson } from '../documents/runs.ts';
import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { RunRecord } from '../ports/records.ts';
import type { RunLine } from '../ports/watch.ts';
import { type Context, forReading, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { limitText } from './plan-output.ts';
import { noSuchRun, resultStyle } from './runs.ts';
import { timeText } from './when.ts';

/** Runs that one call shows: a run of the command line has one for each account and policy. */
const mostShown = 50;

/** What runs did and logged: those whose ID begins with what is given, else the newest. */
export async function log(context: Context, [id]: readonly string[]): Promise<ExitCode> {
  return withApp(context, forReading, async (app) => {
    const found = [];
    for (const run of await wanted(app, context, id))
      found.push({ run, lines: await app.catalog.runLines(run.id.split('/', 1).join(), run) });
    if (context.options.json === true)
      printJson(context.io, 'log', {
        runs: found.map(({ run, lines }) => ({ ...recordedRunJson(run), lines: lines.map(runLineJson) })),
      });
    else
      for (const [index, { run, lines }] of found.entries()) {
        if (index > 0) context.io.out('');
        show(context, recordedRunJson(run), run, lines);
      }
    return exit.ok;
  });
}

async function wanted(app: App, context: Context, id: string | undefined): Promise<readonly RunRecord[]> {
  const accounts = context.options.account === undefined ? null : selectAccounts(app.config, context);
  if (id === undefined) {
    const filter = accounts === null ? {} : { accounts };
    return (await app.catalog.runPage(filter, { limit: 1, offset: 0 })).rows;
  }
  if (id.length < 6)
    throw new MothballError(
      { fact: `log takes at least the first 6 digits of a run's ID, not "${id}"` },
      { code: 'usage' },
    );
  const found = await app.catalog.runsBeginning(id, mostShown, accounts ?? undefined);
  if (found.length === 0) throw noSuchRun(id);
  return found;
}

function show({ io, zone }: Context, run: RecordedRun, record: RunRecord, lines: readonly RunLine[]): void {
  const { started, finished, result } = record;
  const style = resultStyle(result);
  const ended = result ?? 'not ended';
  io.out(io.style('bold', `${run.policy} on ${printable(run.account)} (${run.server})`));
  io.out(`  run ${printable(run.id)}`);
  io.out(
    `  ${timeText(started, zone)} to ${finished === null ? '…' : timeText(finished, zone)}: ${style === null ? ended : io.style(style, ended)}`,
  );
  if (run.report !== null) showReport({ io }, run.report);
  for (const { at, level, text } of lines) {
    const line = `  ${at.toISOString().slice(11, 19)} ${printable(text)}`;
    io.out(level === 'info' ? line : io.style(level === 'warn' ? 'yellow' : 'red', line));
  }
}

function showReport({ io }: Pick<Context, 'io'>, report: NonNullable<RecordedRun['report']>): void {
  const { archived, deleted } = report;
  io.out(
    `  archived ${countOf(archived.messages, 'message')} (${formatBytes(bytes(archived.bytes))}), deleted ${count(deleted.messages)} (${formatBytes(bytes(deleted.bytes))})`,
  );
  for (const { path, skipped } of report.folders)
    if (skipped !== null) io.out(io.style('yellow', `  folder "${printable(path)}" ${printable(skipped)}`));
  for (const { reason, messages } of report.skipped)
    io.out(`  kept: ${count(messages)} (${printable(reason)})`);
  for (const notice of report.notices) io.out(io.style('yellow', `  ${printable(notice)}`));
  for (const limit of report.limits) io.out(io.style('red', `  over a limit: ${limitText(limit)}`));
  for (const { message } of report.errors) io.out(io.style('red', `  ${printable(message)}`));
}
