import { type AccountGroup, groupOf } from '../domain/account-group.ts';
import type { AccountRef } from '../domain/account.ts';
import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import type { Forecast } from '../domain/forecast.ts';
import { formatUse } from '../domain/quota.ts';
import { formatBytes } from '../domain/size.ts';
import type { AccountMeasure } from '../upkeep/scan.ts';
import type { Context } from './context.ts';
import { printCsv } from './csv.ts';
import { type FleetWish, percentCell, type Usage, usageStyle } from './fleet.ts';
import { showTable } from './table.ts';
import { dayText } from './when.ts';

/** An account as `quota` read it just now. */
export interface MeasuredAccount extends AccountMeasure {
  readonly when: Forecast;
  readonly usage: Usage;
  /** When the sizes of the folders were read; null: they never were. */
  readonly foldersAt: Date | null;
}

interface Counted {
  /** Accounts that were read, over any threshold or not. */
  readonly read: readonly MeasuredAccount[];
  readonly failed: number;
}

/** One line for each account, and what they come to. */
export function showFleet(
  { io, zone }: Context,
  rows: readonly MeasuredAccount[],
  all: Counted,
  wish: FleetWish,
): void {
  const shown = wish.limit === null ? rows : rows.slice(0, wish.limit);
  const servers = new Set(all.read.map(({ server }) => server)).size;
  const columns = [
    { title: 'ACCOUNT', least: 20 },
    ...(servers > 1 ? [{ title: 'SERVER', least: 6, drop: 3 }] : []),
    { title: 'USED', align: 'right' },
    { title: 'LIMIT', align: 'right', drop: 2 },
    { title: '%', align: 'right', style: (row: number) => usageStyle(shown[row]?.usage.percent ?? null) },
    { title: 'FULL ON', drop: 4 },
    { title: 'LARGEST FOLDER', least: 12, drop: 5 },
  ] as const;
  const cells = shown.map((row) => [
    row.account,
    ...(servers > 1 ? [row.server] : []),
    amount(row.usage, 'used'),
    amount(row.usage, 'limit'),
    percentCell(row.usage.percent),
    row.when.kind === 'full' ? dayText(row.when.at, zone) : '',
    largestText(row),
  ]);
  if (shown.length > 0) showTable(io, columns, cells);
  const left = rows.length - shown.length;
  if (left > 0) io.out(`and ${count(left)} more; \`--limit all\`, --csv or --json lists all of them`);
  for (const line of summary(rows, all, wish)) io.out(line);
  if (all.failed > 0) io.out(io.style('red', `${countOf(all.failed, 'account')} could not be read`));
}

/** One line for each domain or server. */
export function showGroups(
  context: Context,
  rows: readonly MeasuredAccount[],
  by: AccountGroup,
  csv: boolean,
): void {
  const groups = [...Map.groupBy(rows, (row) => groupOf(row, by))]
    .map(([name, members]) => ({ name, members, ...totals(members) }))
    .toSorted((a, b) => (b.fullest?.usage.percent ?? -1) - (a.fullest?.usage.percent ?? -1));
  if (csv) {
    const titles = [
      by,
      'accounts',
      'used_bytes',
      'limit_bytes',
      'over_90_percent',
      'fullest',
      'fullest_percent',
    ];
    const cells = groups.map(({ name, members, used, limit, over90, fullest }) => [
      name,
      members.length,
      used,
      limit,
      over90,
      fullest?.account ?? null,
      fullest?.usage.percent ?? null,
    ]);
    return printCsv(context.io, { titles, rows: cells });
  }
  const columns = [
    { title: by.toUpperCase(), least: 12 },
    { title: 'ACCOUNTS', align: 'right' },
    { title: 'USED', align: 'right' },
    { title: 'LIMIT', align: 'right', drop: 1 },
    { title: 'OVER 90 %', align: 'right', drop: 2 },
    { title: 'FULLEST', least: 12 },
    {
      title: '%',
      align: 'right',
      style: (row: number) => usageStyle(groups[row]?.fullest?.usage.percent ?? null),
    },
  ] as const;
  const cells = groups.map(({ name, members, used, limit, over90, fullest }) => [
    name,
    count(members.length),
    formatBytes(bytes(used)),
    limit === null ? '' : formatBytes(bytes(limit)),
    count(over90),
    fullest?.account ?? '',
    percentCell(fullest?.usage.percent ?? null),
  ]);
  showTable(context.io, columns, cells);
}

/** One line for each account, in bytes. */
export function quotaCsv({ io }: Context, rows: readonly MeasuredAccount[]): void {
  const titles =
    'server,account,used_bytes,limit_bytes,used_messages,limit_messages,percent,full_at,largest_folder,largest_folder_bytes';
  const cells = rows.map((row) => {
    const storage = (row.roots ?? []).flatMap((root) => root.storage ?? []);
    const message = (row.roots ?? []).flatMap((root) => root.message ?? []);
    const largest = largestOf(row);
    return [
      row.server,
      row.account,
      sum(storage.map(({ used }) => used)),
      sum(storage.map(({ limit }) => limit)),
      sum(message.map(({ used }) => used)),
      sum(message.map(({ limit }) => limit)),
      row.usage.percent === null ? null : Number(row.usage.percent.toFixed(2)),
      row.when.kind === 'full' ? row.when.at : null,
      largest?.path ?? null,
      largest?.bytes ?? null,
    ];
  });
  printCsv(io, { titles: titles.split(','), rows: cells });
}

/** What the accounts come to, as `--json` shows it. */
export function totalsJson(rows: readonly MeasuredAccount[], failed: number): object {
  const { used, limit, over80, over90 } = totals(rows);
  return { accounts: rows.length, failed, usedBytes: used, limitBytes: limit, over80, over90 };
}

function summary(
  rows: readonly MeasuredAccount[],
  { read }: Counted,
  { over }: FleetWish,
): readonly string[] {
  const { used, limit, over80, over90, unlimited } = totals(read);
  const share = limit === null ? '' : ` of ${formatBytes(bytes(limit))}`;
  const parts = [
    `${count(over90)} over 90 %, ${count(over80)} over 80 %`,
    ...(unlimited > 0 ? [`${count(unlimited)} without a limit`] : []),
  ];
  return [
    ...(over === null ? [] : [`${count(rows.length)} of ${countOf(read.length, 'account')} over ${over} %`]),
    `${countOf(read.length, 'account')}: ${formatBytes(bytes(used))}${share} used; ${parts.join(', ')}`,
  ];
}

function totals(rows: readonly MeasuredAccount[]) {
  const limits = rows.flatMap(({ roots }) => (roots ?? []).flatMap((root) => root.storage?.limit ?? []));
  const over = (percent: number): number => rows.filter(({ usage }) => (usage.percent ?? 0) > percent).length;
  const fullest = rows.reduce<(AccountRef & { readonly usage: Usage }) | null>(
    (most, row) => ((row.usage.percent ?? -1) > (most?.usage.percent ?? -1) ? row : most),
    null,
  );
  return {
    used: rows.reduce((total, { usage }) => total + (usage.bytes ?? 0), 0),
    limit: limits.length === 0 ? null : sum(limits),
    over80: over(80),
    over90: over(90),
    unlimited: rows.filter(({ usage }) => usage.percent === null).length,
    fullest,
  };
}

/** Null where nothing, or something without a limit, is among them. */
function sum(amounts: readonly (number | null)[]): number | null {
  if (amounts.length === 0 || amounts.includes(null)) return null;
  return amounts.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function amount({ view }: Usage, which: 'used' | 'limit'): string {
  const value = view?.[which] ?? null;
  if (view === null) return which === 'used' ? 'unknown' : '';
  return value === null ? 'none' : formatUse(view.resource, value);
}

function largestOf({ folders }: MeasuredAccount): MeasuredAccount['folders'][number] | null {
  return folders.reduce<MeasuredAccount['folders'][number] | null>(
    (most, folder) => (folder.bytes > (most?.bytes ?? 0) ? folder : most),
    null,
  );
}

function largestText(row: MeasuredAccount): string {
  const largest = largestOf(row);
  return largest === null ? '' : `${largest.path} (${formatBytes(bytes(largest.bytes))})`;
}
