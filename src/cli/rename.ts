import type { App } from '../compose.ts';
import { type Name, nameText } from '../domain/alias.ts';
import { count, countOf } from '../domain/count.ts';
import { accountMatches } from '../domain/glob.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import { rename } from '../upkeep/rename.ts';
import { localUser } from './audit.ts';
import { type CommonOptions, confirmed, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

interface RenameFlags extends CommonOptions {
  readonly server?: string;
}

/** `rename-account OLD NEW`: the archives of an account that has another name in mothball.yaml now. */
export function renameAccount(
  context: Context,
  [old = '', now = '']: readonly string[],
  { server }: RenameFlags,
): Promise<ExitCode> {
  return withApp(context, 'existing', (app) => {
    const { accounts, file } = app.config;
    const named = accounts.filter((one) => one.account === now && (server ?? one.server) === one.server);
    const [only, another] = named;
    if (only === undefined)
      throw usage(
        `account "${now}"${server === undefined ? '' : ` on server "${server}"`} is not in ${file}`,
        firstInConfig,
      );
    if (another !== undefined)
      throw usage(`account "${now}" is on several servers`, 'Name one with --server');
    if (accounts.some((one) => one.account === old && one.server === only.server))
      throw usage(`account "${old}" is still in ${file}`, firstInConfig);
    requireSameProtection(app.config, old, now);
    return renamed(
      context,
      app,
      { server: only.server, account: old },
      { server: only.server, account: now },
    );
  });
}

/**
 * Holds and overrides go by names: one that covers the old name alone would no longer protect the archives.
 * @throws `usage` that names the first.
 */
function requireSameProtection(
  { holds, policies }: Pick<App['config'], 'holds' | 'policies'>,
  old: string,
  now: string,
): void {
  const found = [
    ...holds.map(({ name, accounts }) => ({ what: `hold "${name}"`, accounts })),
    ...policies.flatMap(({ name, overrides = [] }) =>
      overrides.map(({ accounts }) => ({ what: `an override of policy "${name}"`, accounts })),
    ),
  ].find(({ accounts }) => accountMatches(accounts, old) && !accountMatches(accounts, now));
  if (found !== undefined)
    throw usage(
      `${found.what} covers ${old}, and not ${now}`,
      `Add ${now} to its accounts, or remove ${old} from them if its archives need it no more`,
    );
}

/** `rename-server OLD NEW`: the archives of all accounts of a server that has another name now. */
export function renameServer(context: Context, [old = '', now = '']: readonly string[]): Promise<ExitCode> {
  return withApp(context, 'existing', (app) => {
    const { servers, file } = app.config;
    if (!servers.has(now)) throw usage(`server "${now}" is not in ${file}`, firstInConfig);
    if (servers.has(old)) throw usage(`server "${old}" is still in ${file}`, firstInConfig);
    return renamed(context, app, { server: old, account: null }, { server: now, account: null });
  });
}

const firstInConfig = 'Give it the new name there first, in place of the old one';

async function renamed(context: Context, app: App, from: Name, to: Name): Promise<ExitCode> {
  const { io } = context;
  const known = (await app.catalog.archivedAccounts()).filter(
    (one) => one.server === from.server && (from.account ?? one.account) === one.account,
  );
  const before = (await app.catalog.aliases()).some(
    (one) => nameText(one.from) === nameText(from) && nameText(one.to) === nameText(to),
  );
  if (known.length === 0 && !before)
    throw usage(`nothing is archived of ${nameText(from)}`, 'See `mothball archives` for the names that are');
  const question = `Is ${printable(nameText(from))} the same as ${printable(nameText(to))}, so that its archives belong to that?`;
  if (!(await confirmed(context, question))) {
    io.err('nothing was done');
    return exit.ok;
  }
  const { catalog, locks, gate, clock, stores } = app;
  const names = [...stores.keys()];
  const report = await rename({ catalog, locks, gate, clock, stores: names, who: localUser() }, { from, to });
  const { accounts, archives } = report;
  if (context.options.json === true) printJson(io, 'rename', { from, to, accounts, archives });
  else
    io.out(
      `${printable(nameText(from))} is ${printable(nameText(to))} now: ${countOf(accounts.length, 'account')}, ${count(archives)} archives`,
    );
  return exit.ok;
}

function usage(fact: string, remedy: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was renamed', remedy }, { code: 'usage' });
}
