import type { App } from '../compose.ts';
import { quotaJson } from '../documents/quota.ts';
import type { AccountRef } from '../domain/account.ts';
import { count } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import type { FolderSize } from '../domain/folder.ts';
import type { Forecast } from '../domain/forecast.ts';
import { printable } from '../domain/printable.ts';
import { formatUse, percentUsed, type QuotaRoot } from '../domain/quota.ts';
import { formatBytes } from '../domain/size.ts';
import type { ListedQuota } from '../upkeep/listed-quotas.ts';
import { type AccountMeasure, measure, sampleOf } from '../upkeep/scan.ts';
import { accountForecast, forecastWindowMs } from '../watch/account-forecast.ts';
import { measuredAt } from '../watch/fleet.ts';
import { type Context, printJson, selectAccounts, withApp } from './context.ts';
import { eachAccount } from './each-account.ts';
import type { ExitCode } from './exit-code.ts';
import { arranged, type FleetFlags, fleetWish, type FleetWish, usageOf, usageStyle } from './fleet.ts';
import { fullIn } from './full-in.ts';
import { type MeasuredAccount, quotaCsv, showFleet, showGroups, totalsJson } from './quota-fleet.ts';
import { bar, showTable } from './table.ts';
import { timeText } from './when.ts';

/** Sizes older than this show their age, in milliseconds. */
const folderAgeMs = 60 * 1000;

export async function quota(
  context: Context,
  _args: readonly string[],
  options: FleetFlags,
): Promise<ExitCode> {
  const wish = fleetWish(options);
  return withApp(context, 'read-only', async (app) => {
    const accounts = selectAccounts(app.config, context);
    // With --folders each is read by logging in, which shows its quota too.
    const quotas = options.folders === true ? null : app.listedQuotas.begin(accounts);
    const { results: read, failed } = await eachAccount(context, app.config, {
      accounts,
      step: async (ref) => {
        const listed = (await quotas?.of(ref)) ?? null;
        return listed === null ? measureAccount(app, ref) : listedAccount(app, ref, listed);
      },
    });
    show(context, { read, failed: failed.count, now: app.clock.now() }, wish, options);
    return failed.exitCode(read.some(({ skipped, oddities }) => skipped.length > 0 || oddities.length > 0));
  });
}

/** Logs in and reads one account. */
export async function measureAccount(app: App, ref: AccountRef): Promise<MeasuredAccount> {
  const work = app.look(ref);
  await using _connection = work.connection;
  const found = await measure(work);
  const when = await forecastOf(app, found);
  return { ...found, when, usage: usageOf(found.roots), foldersAt: app.clock.now() };
}

/** An account whose quota its server listed; the folders as they were when they were read last. */
async function listedAccount(app: App, ref: AccountRef, { roots }: ListedQuota): Promise<MeasuredAccount> {
  const folders = await app.catalog.folderSamples(ref);
  const found = { ...ref, roots, folders, skipped: [], oddities: [] };
  const when = await forecastOf(app, found);
  return { ...found, when, usage: usageOf(roots), foldersAt: measuredAt(folders) };
}

interface Found {
  readonly read: readonly MeasuredAccount[];
  readonly failed: number;
  readonly now: Date;
}

function show(context: Context, { read, failed, now }: Found, wish: FleetWish, options: FleetFlags): void {
  const { io } = context;
  const rows = arranged(read, wish);
  const { by, csv = false } = options;
  if (options.json === true) {
    const listed = wish.narrowed ? rows.slice(0, wish.limit ?? rows.length) : read;
    return printJson(io, 'quota', { accounts: listed.map(quotaJson), totals: totalsJson(read, failed) });
  }
  if (by !== undefined) return showGroups(context, rows, by, csv);
  if (csv) return quotaCsv(context, rows.slice(0, wish.limit ?? rows.length));
  const single = read.length + failed === 1 && !wish.narrowed;
  if (options.folders !== true && !single) return showFleet(context, rows, { read, failed }, wish);
  const listed = single ? rows : rows.slice(0, wish.narrowed ? (wish.limit ?? rows.length) : rows.length);
  for (const [index, account] of listed.entries()) {
    if (index > 0) io.out('');
    showAccount(context, account, now);
  }
}

/** From the stored samples, and what was read just now. */
async function forecastOf({ catalog, clock }: App, found: AccountMeasure): Promise<Forecast> {
  const now = clock.now();
  const kept = await catalog.samples(found, new Date(now.getTime() - forecastWindowMs));
  const { server, account } = found;
  const read = (found.roots ?? []).map((root) => sampleOf({ server, account }, root, now));
  return accountForecast([...kept, ...read], now);
}

/** One account with its folders. */
export function showAccount({ io, zone }: Context, found: MeasuredAccount, now: Date): void {
  const { server, account, roots, folders, skipped, oddities, when, foldersAt } = found;
  io.out(io.style('bold', `${printable(account)} on ${server}`));
  if (roots === null) io.out('  the server does not report quota');
  for (const root of roots ?? [])
    for (const { text, percent } of rootLines(root, (io.outColumns ?? 80) < 72 ? 8 : 20)) {
      const style = usageStyle(percent);
      io.out(`  ${style === null ? text : io.style(style, text)}`);
    }
  const forecast = fullIn(when, now);
  if (forecast !== '') io.out(`  ${forecast}`);
  if (foldersAt === null) io.out('  the folders have not been measured yet; `--folders` reads them');
  else if (now.getTime() - foldersAt.getTime() > folderAgeMs)
    io.out(`  folders as of ${timeText(foldersAt, zone)}; \`--folders\` reads them again`);
  const total = folders.reduce((sum, folder) => sum + folder.bytes, 0);
  const rows = folders
    .toSorted((a, b) => b.bytes - a.bytes)
    .map((folder) => [folder.path, count(folder.messages), formatBytes(folder.bytes), share(folder, total)]);
  const columns = [
    { title: 'FOLDER', least: 20 },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'SHARE', drop: 1 },
  ] as const;
  showTable(io, columns, rows, '  ');
  for (const problem of skipped)
    io.out(io.style('yellow', `  folder "${printable(problem.path)}" ${printable(skippedText(problem))}`));
  for (const { text } of oddities) io.out(io.style('yellow', `  ${printable(text)}`));
}

function share(folder: FolderSize, total: number): string {
  return total === 0 ? '' : bar((100 * folder.bytes) / total, 12);
}

interface RootLine {
  readonly text: string;
  readonly percent: number | null;
}

function rootLines(root: QuotaRoot, barWidth: number): readonly RootLine[] {
  const lines: RootLine[] = [];
  const add = (resource: 'storage' | 'message', used: number, limit: number | null): void => {
    const percent = percentUsed({ root: root.name, resource, used, limit });
    const meter =
      percent === null
        ? 'no limit'
        : `${bar(percent, barWidth)} ${percent.toFixed(1)} % of ${formatUse(resource, limit ?? 0)}`;
    const name = printable(root.name === '' ? '(root)' : root.name);
    lines.push({ text: `${name}: ${formatUse(resource, used)} ${meter}`, percent });
  };
  if (root.storage !== null) add('storage', root.storage.used, root.storage.limit);
  if (root.message !== null) add('message', root.message.used, root.message.limit);
  if (lines.length > 0) return lines;
  return [{ text: `${printable(root.name)}: nothing is limited or reported`, percent: null }];
}
