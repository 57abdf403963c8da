import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountKey, type AccountRef } from '../domain/account.ts';
import type { Forecast } from '../domain/forecast.ts';
import { fullestPercent, quotaBand, type QuotaBand, quotaBands } from '../domain/quota-band.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { FolderRefusal } from '../ports/refusals.ts';
import type { FolderSample, QuotaSample } from '../ports/watch.ts';
import { accountForecast, forecastWindowMs, rootsOf } from './account-forecast.ts';

/** Accounts with what the last scan found of each. */
export interface FleetSource {
  readonly config: { readonly accounts: readonly AccountRef[] };
  readonly catalog: Catalog;
}

/** An account as the last scan found it. */
export interface ScannedAccount extends AccountRef {
  /** Null: the server reports no quota, or the account was not scanned yet. */
  readonly roots: readonly QuotaRoot[] | null;
  /** Of its fullest limited resource; null: nothing is limited or known. */
  readonly percent: number | null;
  /** When its quota was read; null: never. */
  readonly at: Date | null;
}

export interface AccountDetail extends ScannedAccount {
  readonly folders: readonly FolderSample[];
  /** Folders that the server refuses, as runs and scans met them. */
  readonly skipped: readonly FolderRefusal[];
  readonly samples: readonly QuotaSample[];
  readonly when: Forecast;
}

/** Every configured account by the newest samples, in the order of the configuration. */
export async function scannedAccounts({ config, catalog }: FleetSource): Promise<readonly ScannedAccount[]> {
  const newest = Map.groupBy(await catalog.newestSamples(), accountKey);
  return config.accounts.map(({ server, account }) => {
    const samples = newest.get(accountKey({ server, account })) ?? [];
    const roots = rootsOf(samples);
    return { server, account, roots, percent: fullestPercent(roots), at: samples[0]?.at ?? null };
  });
}

/** How many accounts are how full. */
export function byBand(accounts: readonly ScannedAccount[]): ReadonlyMap<QuotaBand, number> {
  const counts = new Map<QuotaBand, number>(quotaBands.map((band) => [band, 0]));
  for (const { roots } of accounts) {
    const band = quotaBand(roots);
    counts.set(band, (counts.get(band) ?? 0) + 1);
  }
  return counts;
}

/** The accounts closest to their limits, the fullest first. */
export function fullestOf(accounts: readonly ScannedAccount[], most: number): readonly ScannedAccount[] {
  return accounts
    .filter(({ percent }) => percent !== null)
    .toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0))
    .slice(0, most);
}

/** The samples of the last 30 days, the folders, and when each account will be full. */
export async function detailsOf(
  catalog: Catalog,
  accounts: readonly ScannedAccount[],
  now: Date,
): Promise<readonly AccountDetail[]> {
  const since = new Date(now.getTime() - forecastWindowMs);
  const details: AccountDetail[] = [];
  for (const account of accounts) {
    // Together, as each is a round trip to a database on another machine.
    const [samples, skipped, measured] = await Promise.all([
      catalog.samples(account, since),
      catalog.folderRefusals(account),
      catalog.folderSamples(account),
    ]);
    const refused = new Set(skipped.map(({ path }) => path));
    const folders = measured.filter(({ path }) => !refused.has(path));
    const when: Forecast = samples.length === 0 ? { kind: 'unknown' } : accountForecast(samples, now);
    details.push({ ...account, samples, folders, skipped, when });
    // A forecast costs milliseconds: other work gets its turn.
    await nextTurn();
  }
  return details;
}

/** When the folders of an account were read last; null: never. */
export function measuredAt(folders: readonly FolderSample[]): Date | null {
  return folders.reduce<Date | null>(
    (latest, { at }) => (latest === null || at > latest ? at : latest),
    null,
  );
}

/** How full the account was at each time that it was read, oldest first. */
export function fullnessOverTime(
  samples: readonly QuotaSample[],
): readonly { readonly at: Date; readonly percent: number }[] {
  return [...Map.groupBy(samples, ({ at }) => at.getTime())].flatMap(([at, group]) => {
    const percent = fullestPercent(rootsOf(group));
    return percent === null ? [] : [{ at: new Date(at), percent }];
  });
}
