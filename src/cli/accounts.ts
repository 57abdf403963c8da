import { accountKey } from '../domain/account.ts';
import { countOf } from '../domain/count.ts';
import { allMailOf, type Folder, trashOf } from '../domain/folder.ts';
import { printable } from '../domain/printable.ts';
import { type ChosenProfile, profiles } from '../domain/profiles.ts';
import { errorMessage, isError } from '../errors.ts';
import type { Capabilities, MailReader } from '../ports/mail.ts';
import { neverCaught } from '../work/isolate.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { refreshSources } from './refresh.ts';
import { showTable } from './table.ts';
import type { Style } from './terminal.ts';

interface AccountRow {
  readonly server: string;
  readonly account: string;
  /** The account source that lists it; null: mothball.yaml does. */
  readonly source: string | null;
  readonly login: 'ok' | 'failed' | null;
  readonly error: string | null;
  readonly capabilities: Capabilities | null;
  /** The kind of server, and why it is taken for one; null: not asked. */
  readonly profile: ChosenProfile | null;
  /** What the server does otherwise than it should, e.g. in SEARCH. */
  readonly oddities: readonly string[];
  /** How its mail is found and deleted, where that is not the usual way. */
  readonly notes: readonly string[];
}

interface AccountsOptions extends CommonOptions {
  readonly test?: boolean;
  readonly refresh?: boolean;
  readonly acceptShrink?: boolean;
}

export async function accounts(
  context: Context,
  _args: readonly string[],
  options: AccountsOptions,
): Promise<ExitCode> {
  if (options.refresh === true) return refreshSources(context, options.acceptShrink === true);
  return withApp(context, 'read-only', async (app) => {
    const rows: AccountRow[] = [];
    const sources = new Map(app.config.accounts.map((each) => [accountKey(each), each.source]));
    for (const ref of selectAccounts(app.config, context)) {
      app.signal.throwIfAborted();
      const source = sources.get(accountKey(ref)) ?? null;
      const row = {
        ...ref,
        source,
        login: null,
        error: null,
        capabilities: null,
        profile: null,
        oddities: [],
        notes: [],
      };
      if (options.test !== true) {
        rows.push(row);
        continue;
      }
      try {
        await using session = await app.mail.open(ref);
        const { capabilities, profile } = session;
        const gmail = capabilities.gmail ? describeGmail(await session.folders()) : nothingFound;
        const odd = [...(await oddities(session)), ...gmail.hidden];
        rows.push({ ...row, login: 'ok', capabilities, profile, oddities: odd, notes: gmail.notes });
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

const nothingFound = { notes: [], hidden: [] };

/** What Gmail shows of an account, and which folders its settings hide. */
function describeGmail(folders: readonly Folder[]): {
  readonly notes: readonly string[];
  readonly hidden: readonly string[];
} {
  const [all, trash] = [allMailOf(folders), trashOf(folders)];
  const labels = folders.filter(({ selectable, roles }) => selectable && roles.length === 0).length;
  const hidden = [
    ...(all === null ? [hiddenText('All Mail', 'nothing can be archived')] : []),
    ...(trash === null ? [hiddenText('Trash', 'nothing can be deleted')] : []),
  ];
  if (all === null || trash === null) return { notes: [], hidden };
  return {
    notes: [
      `Gmail: mail is archived from "${all.path}" and deleted through "${trash.path}"; ${countOf(labels, 'label')} of its own`,
    ],
    hidden,
  };
}

function hiddenText(name: string, notDone: string): string {
  return `Gmail hides "${name}" from IMAP, so ${notDone}: in its settings, under "Labels", tick "Show in IMAP" beside "${name}"`;
}

function show({ io, options }: Context, rows: readonly AccountRow[], tested: boolean): void {
  if (options.json === true) return printJson(io, 'accounts', { accounts: rows });
  // Failures first: in a long list nobody would find them.
  const ordered = tested ? rows.toSorted((a, b) => rank(a) - rank(b)) : rows;
  const style = (row: number): Style => (ordered[row]?.login === 'failed' ? 'red' : 'green');
  const listed = rows.some(({ source }) => source !== null);
  const columns = [
    { title: 'SERVER', least: 6 },
    { title: 'ACCOUNT', least: 16 },
    ...(listed ? [{ title: 'SOURCE', drop: 2 }] : []),
    ...(tested
      ? [
          { title: 'LOGIN', style },
          { title: 'PROFILE', least: 10, drop: 1 },
          // Room for what matters most: whether mail can be deleted safely.
          { title: 'DETAIL', least: 32 },
        ]
      : []),
  ];
  const cells = ordered.map((row) => {
    const kind = row.profile === null ? '' : `${row.profile.name} (${row.profile.why})`;
    return [
      row.server,
      row.account,
      ...(listed ? [row.source ?? ''] : []),
      ...(tested ? [row.login ?? '', kind, row.error ?? abilities(row.capabilities)] : []),
    ];
  });
  showTable(io, columns, cells);
  for (const { account, notes } of rows)
    for (const note of notes) io.out(`${printable(account)}: ${printable(note)}`);
  for (const line of sizeNotes(rows)) io.err(io.style('yellow', line, 'stderr'));
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
    ? 'yes (Gmail: through its Trash)'
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

/** Once for each server whose sizes are estimates: what to do about it. */
function sizeNotes(rows: readonly AccountRow[]): readonly string[] {
  const inexact = rows.filter(({ profile }) => profile !== null && !profiles[profile.name].exactSizes);
  return [...new Set(inexact.map(({ server }) => server))].map(
    (server) =>
      `${printable(server)}: its sizes are estimates, so mail is archived, but deleted only by policies with trustBodyOverSize: true (on Exchange Server, Set-ImapSettings -EnableExactRFC822Size $true makes them exact)`,
  );
}
