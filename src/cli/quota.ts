import type { App } from '../compose.ts';
import { quotaJson } from '../documents/quota.ts';
import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import type { FolderSize } from '../domain/folder.ts';
import type { Forecast } from '../domain/forecast.ts';
import { printable } from '../domain/printable.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { formatBytes } from '../domain/size.ts';
import { type AccountMeasure, measure, sampleOf } from '../upkeep/scan.ts';
import { accountForecast, forecastWindowMs } from '../watch/account-forecast.ts';
import { type Context, printJson, selectAccounts, withApp } from './context.ts';
import { eachAccount } from './each-account.ts';
import type { ExitCode } from './exit-code.ts';
import { fullIn } from './full-in.ts';
import { bar, table } from './table.ts';

export async function quota(context: Context): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io } = context;
    const { results: measured, failed } = await eachAccount(context, app.config, {
      accounts: selectAccounts(app.config, context),
      step: async (ref): Promise<Measured> => {
        const work = app.look(ref);
        await using _connection = work.connection;
        const found = await measure(work);
        return { ...found, when: await forecastOf(app, found) };
      },
    });
    if (context.options.json === true) printJson(io, 'quota', { accounts: measured.map(quotaJson) });
    else
      for (const [index, account] of measured.entries()) {
        if (index > 0) io.out('');
        showAccount(context, account, app.clock.now());
      }
    return failed.exitCode(
      measured.some(({ skipped, oddities }) => skipped.length > 0 || oddities.length > 0),
    );
  });
}

type Measured = AccountMeasure & { readonly when: Forecast };

/** From the stored samples, and what was read just now. */
async function forecastOf({ catalog, clock }: App, found: AccountMeasure): Promise<Forecast> {
  const now = clock.now();
  const kept = await catalog.samples(found, new Date(now.getTime() - forecastWindowMs));
  const { server, account } = found;
  const read = (found.roots ?? []).map((root) => sampleOf({ server, account }, root, now));
  return accountForecast([...kept, ...read], now);
}

function showAccount({ io }: Context, found: Measured, now: Date): void {
  const { server, account, roots, folders, skipped, oddities, when } = found;
  io.out(io.style('bold', `${printable(account)} on ${server}`));
  if (roots === null) io.out('  the server does not report quota');
  for (const root of roots ?? []) for (const line of rootLines(root)) io.out(`  ${line}`);
  const forecast = fullIn(when, now);
  if (forecast !== '') io.out(`  ${forecast}`);
  const total = folders.reduce((sum, folder) => sum + folder.bytes, 0);
  const rows = folders
    .toSorted((a, b) => b.bytes - a.bytes)
    .map((folder) => [folder.path, count(folder.messages), formatBytes(folder.bytes), share(folder, total)]);
  const columns = [
    { title: 'FOLDER' },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'SHARE' },
  ] as const;
  for (const line of table(columns, rows)) io.out(`  ${line}`);
  for (const problem of skipped)
    io.out(io.style('yellow', `  folder "${printable(problem.path)}" ${printable(skippedText(problem))}`));
  for (const { text } of oddities) io.out(io.style('yellow', `  ${printable(text)}`));
}

function share(folder: FolderSize, total: number): string {
  return total === 0 ? '' : bar((100 * folder.bytes) / total, 12);
}

function rootLines(root: QuotaRoot): readonly string[] {
  const lines: string[] = [];
  const add = (used: number, limit: number | null, show: (amount: number) => string): void => {
    const percent = limit === null || limit === 0 ? null : (100 * used) / limit;
    const meter =
      percent === null ? 'no limit' : `${bar(percent)} ${percent.toFixed(1)} % of ${show(limit ?? 0)}`;
    lines.push(`${printable(root.name === '' ? '(root)' : root.name)}: ${show(used)} ${meter}`);
  };
  if (root.storage !== null)
    add(root.storage.used, root.storage.limit, (amount) => formatBytes(bytes(amount)));
  if (root.message !== null)
    add(root.message.used, root.message.limit, (amount) => countOf(amount, 'message'));
  return lines.length === 0 ? [`${printable(root.name)}: nothing is limited or reported`] : lines;
}
