import { archiveJson } from '../documents/archives.ts';
import { formatBytes } from '../domain/size.ts';
import type { ArchiveRecord, ArchiveState } from '../ports/records.ts';
import { printJson, selectAccounts, withApp, type CommonOptions, type Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { count, table } from './table.ts';

interface ArchivesFlags extends CommonOptions {
  readonly store?: string;
  readonly policy?: string;
  readonly state?: ArchiveState;
}

export async function archives(
  context: Context,
  _args: readonly string[],
  options: ArchivesFlags,
): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io } = context;
    const records = await app.catalog.archives({
      ...(options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) }),
      ...(options.store === undefined ? {} : { store: options.store }),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.state === undefined ? {} : { states: [options.state] }),
    });
    if (options.json === true) printJson(io, 'archives', { archives: records.map(archiveJson) });
    else if (records.length === 0) io.out('no archives');
    else for (const line of table(columns, records.map(cells))) io.out(line);
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

function cells(record: ArchiveRecord): readonly string[] {
  const { id, account, folder, policy, messages, bytes, storedBytes, created, state } = record;
  return [
    id.slice(0, 12),
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
