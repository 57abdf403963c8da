import { archiveJson } from '../documents/archives.ts';
import { shortId } from '../domain/brands.ts';
import { count } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { ArchiveRecord, ArchiveState, QuarantinedUid } from '../ports/records.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

interface ArchivesFlags extends CommonOptions {
  readonly store?: string;
  readonly policy?: string;
  readonly state?: ArchiveState;
  readonly quarantined?: boolean;
}

export async function archives(
  context: Context,
  _args: readonly string[],
  options: ArchivesFlags,
): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io } = context;
    const accounts = options.account === undefined ? undefined : selectAccounts(app.config, context);
    const state = options.quarantined === true ? 'quarantined' : options.state;
    const records = await app.catalog.archives({
      ...(accounts === undefined ? {} : { accounts }),
      ...(options.store === undefined ? {} : { store: options.store }),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(state === undefined ? {} : { states: [state] }),
    });
    const messages = options.quarantined === true ? await app.catalog.quarantineList(accounts) : null;
    if (options.json === true)
      printJson(io, 'archives', {
        archives: records.map(archiveJson),
        ...(messages === null ? {} : { messages }),
      });
    else if (records.length === 0) io.out('no archives');
    else for (const line of table(columns, records.map(cells))) io.out(line);
    if (messages !== null && options.json !== true) showQuarantined(io, records, messages);
    return exit.ok;
  });
}

const columns = [
  { title: 'ARCHIVE' },
  { title: 'ACCOUNT' },
  { title: 'FOLDER' },
  { title: 'POLICY' },
  { title: 'MESSAGES', align: 'right' },
  { title: 'MAIL', align: 'right' },
  { title: 'STORED', align: 'right' },
  { title: 'CREATED' },
  { title: 'STATE' },
] as const;

/** Why each archive is quarantined, and the mail on the server that is left alone. */
function showQuarantined(
  io: Terminal,
  records: readonly ArchiveRecord[],
  messages: readonly QuarantinedUid[],
): void {
  for (const { id, stateReason } of records)
    io.out(`${shortId(id)}: ${printable(stateReason ?? 'no reason recorded')}`);
  io.out(messages.length === 0 ? 'no quarantined messages' : 'quarantined messages, kept on the server:');
  const titles = ['ACCOUNT', 'FOLDER', 'UID', 'SINCE', 'REASON'].map((title) => ({ title }));
  const rows = messages.map(({ account, folder, uid, at, reason }) => [
    account,
    folder,
    String(uid),
    at.toISOString().slice(0, 10),
    reason,
  ]);
  if (rows.length > 0) for (const line of table(titles, rows)) io.out(line);
}

function cells(record: ArchiveRecord): readonly string[] {
  const { id, account, folder, policy, messages, bytes, storedBytes, created, state } = record;
  return [
    shortId(id),
    account,
    folder,
    policy,
    count(messages),
    formatBytes(bytes),
    formatBytes(storedBytes),
    created.toISOString().slice(0, 10),
    state,
  ];
}
