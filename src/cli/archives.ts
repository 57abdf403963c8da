import type { App } from '../compose.ts';
import { archiveJson, archivesCsv } from '../documents/archives.ts';
import { shortId } from '../domain/brands.ts';
import { count } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { nearest } from '../domain/suggest.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { ArchiveRecord, ArchiveState, QuarantinedUid } from '../ports/records.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { printCsv, refuseBoth } from './csv.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { showTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { dayText } from './when.ts';

interface ArchivesFlags extends CommonOptions {
  readonly store?: string;
  readonly policy?: string;
  readonly state?: ArchiveState;
  readonly quarantined?: boolean;
  readonly csv?: boolean;
}

export async function archives(
  context: Context,
  _args: readonly string[],
  options: ArchivesFlags,
): Promise<ExitCode> {
  refuseBoth(options);
  return withApp(context, 'read-only', async (app) => {
    const { io, zone } = context;
    await refuseUnknown(app, options);
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
    else if (options.csv === true) printCsv(io, archivesCsv(records));
    else if (records.length === 0) io.out(noneText(options));
    else
      showTable(
        io,
        columnsOf(records),
        records.map((record) => cells(record, zone)),
      );
    if (messages !== null && options.json !== true && options.csv !== true)
      showQuarantined(io, records, messages);
    return exit.ok;
  });
}

/** A misspelt name must not look like an empty archive. @throws `usage` for a name that nothing knows. */
async function refuseUnknown({ config, catalog }: App, { store, policy }: ArchivesFlags): Promise<void> {
  const refuse = async (
    option: 'store' | 'policy',
    name: string,
    known: readonly string[],
  ): Promise<void> => {
    if (known.includes(name)) return;
    // Its archives outlive a store or a policy that was taken out of the configuration.
    if ((await catalog.archives({ [option]: name })).length > 0) return;
    const near = nearest(name, known);
    throw new MothballError(
      {
        fact: `there is no ${option} "${name}", neither in the configuration nor in any archive`,
        remedy: `${near === null ? '' : `Did you mean "${near}"? `}Known are: ${known.join(', ') || 'none'}`,
      },
      { code: 'usage' },
    );
  };
  if (store !== undefined) await refuse('store', store, [...config.stores.keys()]);
  if (policy !== undefined)
    await refuse(
      'policy',
      policy,
      config.policies.map(({ name }) => name),
    );
}

function noneText({ quarantined, state }: ArchivesFlags): string {
  if (quarantined === true) return 'no quarantined archives';
  return state === undefined ? 'no archives' : `no ${state} archives`;
}

function columnsOf(records: readonly ArchiveRecord[]) {
  return [
    { title: 'ARCHIVE' },
    { title: 'ACCOUNT', least: 14 },
    { title: 'FOLDER', least: 8 },
    { title: 'POLICY', least: 8, drop: 2 },
    { title: 'MESSAGES', align: 'right', drop: 4 },
    { title: 'MAIL', align: 'right' },
    { title: 'STORED', align: 'right', drop: 3 },
    { title: 'CREATED', drop: 1 },
    {
      title: 'STATE',
      style: (row: number) => (records[row]?.state === 'quarantined' ? ('red' as const) : null),
    },
  ] as const;
}

/** Why each archive is quarantined, and the mail on the server that is left alone. */
function showQuarantined(
  io: Terminal,
  records: readonly ArchiveRecord[],
  messages: readonly QuarantinedUid[],
): void {
  for (const { id, stateReason } of records)
    io.out(`${shortId(id)}: ${printable(stateReason ?? 'no reason recorded')}`);
  io.out(messages.length === 0 ? 'no quarantined messages' : 'quarantined messages, kept on the server:');
  const titles = [
    { title: 'ACCOUNT', least: 14 },
    { title: 'FOLDER', least: 8 },
    { title: 'UID' },
    { title: 'SINCE', drop: 1 },
    { title: 'REASON', least: 16 },
  ];
  const rows = messages.map(({ account, folder, uid, at, reason }) => [
    account,
    folder,
    String(uid),
    at.toISOString().slice(0, 10),
    reason,
  ]);
  if (rows.length > 0) showTable(io, titles, rows);
}

function cells(record: ArchiveRecord, zone: string): readonly string[] {
  const { id, account, folder, policy, messages, bytes, storedBytes, created, state } = record;
  return [
    shortId(id),
    account,
    folder,
    policy,
    count(messages),
    formatBytes(bytes),
    formatBytes(storedBytes),
    dayText(created, zone),
    state,
  ];
}
