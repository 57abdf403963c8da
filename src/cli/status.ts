import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { statusJson } from '../documents/status.ts';
import type { AccountRef } from '../domain/account.ts';
import { bytes, shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { pauseText } from '../preflight/pause.ts';
import { type Status, statusOf } from '../watch/status.ts';
import { type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { inDays } from './full-in.ts';
import { bar, table } from './table.ts';

/** What is running, what comes next, and what is held up and why. Works beside a running daemon. */
export async function status(context: Context): Promise<ExitCode> {
  // An older catalog is brought up to date; a missing one is not created.
  const mode = ({ database }: Pick<Config, 'database'>): 'existing' | 'read-only' =>
    database.type === 'sqlite' && existsSync(database.path) ? 'existing' : 'read-only';
  return withApp(context, mode, async (app) => {
    const found = await statusOf(app);
    if (context.options.json === true) printJson(context.io, 'status', statusJson(found));
    else show(context, found);
    return exit.ok;
  });
}

function show(context: Context, found: Status): void {
  const { io } = context;
  const heading = (text: string): void => io.out(`\n${io.style('bold', text)}`);
  showWork(context, found);
  heading('Next');
  const rows = [
    ...found.policies.map(({ policy, mode, next, last }) => [
      policy,
      mode === 'plan' ? 'plan mode: only reports' : time(next, 'not scheduled'),
      last === null ? 'never' : time(last.finished ?? last.started, ''),
      last === null ? '' : (last.result ?? 'not ended'),
    ]),
    ...found.jobs.map(({ job, next }) => [`(${job})`, time(next, 'never'), '', '']),
  ];
  for (const line of table(
    [{ title: 'POLICY' }, { title: 'NEXT' }, { title: 'LAST' }, { title: 'RESULT' }],
    rows,
  ))
    io.out(line);
  const held = heldUp(found);
  heading('Held up');
  for (const line of held.length === 0 ? ['nothing'] : held) io.out(printable(line));
  if (found.fullest.length === 0) return;
  heading('Fullest accounts');
  for (const { server, account, percent, fullAt } of found.fullest)
    io.out(
      `${bar(percent)} ${percent.toFixed(1).padStart(5)} %  ${printable(account)} on ${server}${fullAt === null ? '' : `, full ${inDays(fullAt, found.at)}`}`,
    );
}

function showWork({ io }: Context, { daemons, running, pause }: Status): void {
  if (pause !== null) io.out(io.style('yellow', printable(pauseText(pause))));
  if (daemons.length === 0) io.out('no daemon is running; `mothball daemon` starts one');
  for (const { host, pid, started, seen, state } of daemons) {
    io.out(
      `daemon on ${host}, pid ${pid}, since ${time(started, '')}${state.leader && daemons.length > 1 ? ', leader' : ''}${state.stopping ? ', stopping' : ''}${daemons.length > 1 ? `, seen ${seen.toISOString().slice(11, 19)}` : ''}: ${countOf(state.jobs.length, 'job')} running, ${count(state.waiting)} waiting`,
    );
    for (const { kind, server, account, since } of state.jobs)
      io.out(
        `  ${kind}${account === null ? '' : ` of ${printable(account)} on ${server}`} since ${time(since, '')}`,
      );
    for (const problem of state.reload.problems)
      io.out(io.style('red', `  the configuration was not loaded: ${printable(problem)}`));
  }
  for (const { policy, account, started } of running)
    io.out(`${policy} on ${printable(account)} began ${time(started, '')} and has not ended, or was cut off`);
}

function heldUp({ pause, held }: Status): readonly string[] {
  const on = ({ server, account }: AccountRef): string => `${account} on ${server}`;
  return [
    ...(pause === null ? [] : [`everything: ${pauseText(pause)}`]),
    ...held.postponed.map((one) => `${on(one)}: ${one.reason}; tried again ${time(one.until, '')}`),
    ...held.stores.map(({ store, reason }) => `store "${store}": ${reason}`),
    ...held.runs.map((run) =>
      run.result === 'limit'
        ? `${run.policy} on ${on(run)}: stopped by a limit; \`mothball plan ${run.policy}\` shows by how much`
        : `${run.policy} on ${on(run)}: failed ${time(run.finished, '')}`,
    ),
    ...held.unread.map((one) => `${on(one)} could not be scanned ${time(one.at, '')}: ${one.reason}`),
    ...held.quarantined.map(
      ({ id, store, reason }) => `archive ${shortId(id)} in store "${store}": quarantined: ${reason}`,
    ),
    ...held.pending.map(
      (one) =>
        `${countOf(one.messages, 'message')} (${formatBytes(bytes(one.bytes))}) of ${on(one)}, archived by ${one.policy}, ${one.graceEnds === null ? 'kept: the policy no longer deletes' : `may be deleted from ${time(one.graceEnds, '')}`}`,
    ),
  ];
}

/** `2026-03-01 10:00 UTC` */
function time(at: Date | null, none: string): string {
  return at === null ? none : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
