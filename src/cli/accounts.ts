import { printable } from '../domain/printable.ts';
import { errorMessage, isError } from '../errors.ts';
import type { Capabilities, MailReader } from '../ports/mail.ts';
import { neverCaught } from '../work/isolate.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { showTable } from './table.ts';
import type { Style } from './terminal.ts';

interface AccountRow {
  readonly server: string;
  readonly account: string;
  readonly login: 'ok' | 'failed' | null;
  readonly error: string | null;
  readonly capabilities: Capabilities | null;
  /** What the server does otherwise than it should, e.g. in SEARCH. */
  readonly oddities: readonly string[];
}

export async function accounts(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & { readonly test?: boolean },
): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const rows: AccountRow[] = [];
    for (const ref of selectAccounts(app.config, context)) {
      app.signal.throwIfAborted();
      const row = { ...ref, login: null, error: null, capabilities: null, oddities: [] };
      if (options.test !== true) {
        rows.push(row);
        continue;
      }
      try {
        await using session = await app.mail.open(ref);
        const odd = await oddities(session);
        rows.push({ ...row, login: 'ok', capabilities: session.capabilities, oddities: odd });
      } catch (error) {
        rows.push({ ...row, login: 'failed', error: errorMessage(error) });
      }
    }
    show(context, rows, options.test === true);
    const failed = rows.filter((row) => row.login === 'failed').length;
    if (failed === 0) return rows.some((row) => row.oddities.length > 0) ? exit.partial : exit.ok;
    return failed === rows.length ? exit.failure : exit.partial;
  });
}

/** Lists the folders, and compares what SEARCH finds in INBOX with what is there. */
async function oddities(session: MailReader): Promise<readonly string[]> {
  try {
    const folders = await session.folders();
    const inbox = folders.find((folder) => folder.roles.includes('inbox') && folder.selectable);
    if (inbox !== undefined) {
      await session.examine(inbox.path);
      await session.checkSearch();
    }
    return session.oddities.map(({ text }) => text);
  } catch (error) {
    if (isError(error, ...neverCaught)) throw error;
    return [...session.oddities.map(({ text }) => text), errorMessage(error)];
  }
}

function show({ io, options }: Context, rows: readonly AccountRow[], tested: boolean): void {
  if (options.json === true) return printJson(io, 'accounts', { accounts: rows });
  // Failures first: in a long list nobody would find them.
  const ordered = tested ? rows.toSorted((a, b) => rank(a) - rank(b)) : rows;
  const style = (row: number): Style => (ordered[row]?.login === 'failed' ? 'red' : 'green');
  const columns = [
    { title: 'SERVER', least: 6 },
    { title: 'ACCOUNT', least: 16 },
    ...(tested
      ? [
          { title: 'LOGIN', style },
          { title: 'DETAIL', least: 20 },
        ]
      : []),
  ];
  const cells = ordered.map((row) => [
    row.server,
    row.account,
    ...(tested ? [row.login ?? '', row.error ?? abilities(row.capabilities)] : []),
  ]);
  showTable(io, columns, cells);
  for (const { account, oddities: odd } of rows)
    for (const text of odd) io.err(io.style('yellow', `${printable(account)}: ${printable(text)}`, 'stderr'));
}

function rank({ login }: AccountRow): number {
  return login === 'failed' ? 0 : 1;
}

/** What the server's capabilities mean for Mothball. */
function abilities(capabilities: Capabilities | null): string {
  if (capabilities === null) return '';
  const { uidplus, move, quota, objectId, condstore, gmail } = capabilities;
  const deletes = gmail
    ? 'no (Gmail: archive only)'
    : uidplus
      ? 'yes (UIDPLUS)'
      : move
        ? 'only into Trash (MOVE)'
        : 'no (neither UIDPLUS nor MOVE): archive only';
  const rest = [
    quota ? 'reports quota' : 'reports no quota',
    ...(condstore ? ['notices changed flags (CONDSTORE)'] : []),
    ...(objectId ? ['knows folders by ID (OBJECTID)'] : []),
  ];
  return `can delete safely: ${deletes}; ${rest.join('; ')}`;
}
