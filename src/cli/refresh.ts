import { configuredSources } from '../compose-sources.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { refreshAccounts, type Refreshed } from '../upkeep/refresh-accounts.ts';
import { type Context, printJson, readConfig } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/** Asks every account source now. Exits 1 when one could not be read, or its list was not taken. */
export async function refreshSources(context: Context, acceptShrink: boolean): Promise<ExitCode> {
  const { io, options, signal, clock } = context;
  const config = await readConfig(context);
  const done: Refreshed[] = [];
  // One after the other: each is one short question, and their lines stay together.
  for (const source of configuredSources(config, { clock, signal }))
    done.push(await refreshAccounts({ ...source, acceptShrink }));
  if (options.json === true) printJson(io, 'accounts', { sources: done });
  else for (const each of done) for (const line of linesOf(each)) io.out(line);
  if (done.length === 0) io.err('there are no accountSources in the configuration');
  return done.some(({ refused }) => refused !== null) ? exit.failure : exit.ok;
}

/** Names that are shown of those that came or left. */
const shown = 5;

function linesOf({ source, accounts, added, removed, problems, refused }: Refreshed): readonly string[] {
  const names = (users: readonly string[]): string =>
    `${users.slice(0, shown).map(printable).join(', ')}${users.length > shown ? ', …' : ''}`;
  return [
    `${source}: ${countOf(accounts, 'account')}`,
    ...(refused === null ? [] : [`  not taken, the last list still counts: ${printable(refused)}`]),
    ...(added.length === 0 ? [] : [`  ${added.length} new: ${names(added)}`]),
    ...(removed.length === 0
      ? []
      : [`  ${removed.length} gone: ${names(removed)} (archives stay, and open deletions wait)`]),
    ...problems.map(({ row, reason }) => `  row ${row} is left out: ${printable(reason)}`),
  ];
}
