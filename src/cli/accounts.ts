import { printable } from '../domain/printable.ts';
import { type ChosenProfile, profiles } from '../domain/profiles.ts';
import { errorMessage, isError } from '../errors.ts';
import type { MailReader } from '../ports/mail.ts';
import { neverCaught } from '../work/isolate.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { table } from './table.ts';

interface AccountRow {
  readonly server: string;
  readonly account: string;
  readonly login: 'ok' | 'failed' | null;
  readonly error: string | null;
  readonly capabilities: object | null;
  /** The kind of server, and why it is taken for one; null: not asked. */
  readonly profile: ChosenProfile | null;
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
      const row = { ...ref, login: null, error: null, capabilities: null, profile: null, oddities: [] };
      if (options.test !== true) {
        rows.push(row);
        continue;
      }
      try {
        await using session = await app.mail.open(ref);
        const odd = await oddities(session);
        const { capabilities, profile } = session;
        rows.push({ ...row, login: 'ok', capabilities, profile, oddities: odd });
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
  const columns = [
    { title: 'SERVER' },
    { title: 'ACCOUNT' },
    ...(tested ? [{ title: 'LOGIN' }, { title: 'PROFILE' }, { title: 'DETAIL' }] : []),
  ];
  const cells = rows.map((row) => {
    const able = Object.entries(row.capabilities ?? {}).flatMap(([name, value]) =>
      value === true ? [name] : [],
    );
    const kind = row.profile === null ? '' : `${row.profile.name} (${row.profile.why})`;
    return [row.server, row.account, ...(tested ? [row.login ?? '', kind, row.error ?? able.join(' ')] : [])];
  });
  for (const line of table(columns, cells)) io.out(line);
  for (const line of sizeNotes(rows)) io.err(io.style('yellow', line, 'stderr'));
  for (const { account, oddities: odd } of rows)
    for (const text of odd) io.err(io.style('yellow', `${printable(account)}: ${printable(text)}`, 'stderr'));
}

/** Once for each server whose sizes are estimates: what to do about it. */
function sizeNotes(rows: readonly AccountRow[]): readonly string[] {
  const inexact = rows.filter(({ profile }) => profile !== null && !profiles[profile.name].exactSizes);
  return [...new Set(inexact.map(({ server }) => server))].map(
    (server) =>
      `${printable(server)}: its sizes are estimates, so mail is archived, but deleted only by policies with trustBodyOverSize: true (on Exchange Server, Set-ImapSettings -EnableExactRFC822Size $true makes them exact)`,
  );
}
