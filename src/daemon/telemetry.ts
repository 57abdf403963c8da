import type { Config } from '../config/config.ts';
import { accountKey } from '../domain/account.ts';
import { isImapError, type Metrics } from '../metrics/metrics.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { VerificationTotals } from '../ports/history.ts';
import type { FolderSample, QuotaSample } from '../ports/watch.ts';
import type { ScanResult } from '../upkeep/scan.ts';
import { accountForecast, forecastWindowMs, rootsOf } from '../watch/account-forecast.ts';

/** Shows a configuration in the metrics: at the start and after each reload. */
export async function showConfiguration(
  metrics: Metrics,
  config: Config,
  catalog: Catalog,
  now: Date,
): Promise<void> {
  const names = config.policies.map((policy) => policy.name);
  const created = await catalog.knowPolicies(names, now);
  metrics.configure({
    servers: [...config.servers.keys()],
    stores: [...config.stores.keys()],
    accounts: config.accounts,
    policies: config.policies.map((policy) => ({ policy, created: created.get(policy.name) ?? now })),
    accountSeries: config.metrics.accounts,
    folderSeries: config.metrics.folders,
  });
}

/** Pending purges are counted again only after this number of looks: with much mail it is expensive. */
const pendingEvery = 15;

/** What runs, scrubs and commands have added to the catalog since the daemon began. */
export class CatalogTotals {
  readonly #metrics: Metrics;
  readonly #catalog: Catalog;
  #seen: readonly VerificationTotals[];
  #looks = 0;

  private constructor(metrics: Metrics, catalog: Catalog, seen: readonly VerificationTotals[]) {
    this.#metrics = metrics;
    this.#catalog = catalog;
    this.#seen = seen;
  }

  static async start(metrics: Metrics, catalog: Catalog): Promise<CatalogTotals> {
    return new CatalogTotals(metrics, catalog, await catalog.verificationTotals());
  }

  async show(): Promise<void> {
    if (this.#looks % pendingEvery === 0) this.#metrics.pendingDelete(await this.#catalog.pendingByPolicy());
    this.#looks += 1;
    const now = await this.#catalog.verificationTotals();
    for (const { store, ok, failed } of now) {
      const before = this.#seen.find((one) => one.store === store);
      for (let count = before?.ok ?? 0; count < ok; count += 1) this.#metrics.verification(store, 'ok');
      for (let count = before?.failed ?? 0; count < failed; count += 1)
        this.#metrics.verification(store, 'failed');
    }
    this.#seen = now;
  }
}

/** The findings of runs and scans of earlier processes, so that series do not start over with each start. */
export async function showHistory(metrics: Metrics, catalog: Catalog, clock: Clock): Promise<void> {
  metrics.restore({ outcomes: await catalog.runOutcomes() });
  const newest = Map.groupBy(await catalog.newestSamples(), accountKey);
  for (const scan of await catalog.scans()) {
    const samples = newest.get(accountKey(scan)) ?? [];
    const folders = await catalog.folderSamples(scan);
    await showAccount(metrics, catalog, clock.now(), {
      server: scan.server,
      account: scan.account,
      roots: samples,
      folders: folders.length === 0 ? null : folders,
    });
    if (scan.error === null) metrics.serverUp(scan.server, true);
    else metrics.accountFailed(scan);
  }
}

/** What a scan found, with the forecast that follows from it. */
export async function showScan(metrics: Metrics, catalog: Catalog, result: ScanResult): Promise<void> {
  const { error, server } = result;
  // A refused login is an answer too: the server is up.
  metrics.serverUp(server, error === null || (error.code !== 'connect' && error.code !== 'timeout'));
  if (error === null) return showAccount(metrics, catalog, result.at, result);
  metrics.accountFailed(result);
  if (isImapError(error.code)) metrics.imapError(server, error.code);
}

async function showAccount(
  metrics: Metrics,
  catalog: Catalog,
  now: Date,
  found: Pick<ScanResult, 'server' | 'account'> & {
    readonly roots: readonly QuotaSample[];
    readonly folders: readonly FolderSample[] | null;
  },
): Promise<void> {
  const { server, account, roots, folders } = found;
  const samples = await catalog.samples(found, new Date(now.getTime() - forecastWindowMs));
  const when = accountForecast(samples, now);
  metrics.recordAccount({
    server,
    account,
    roots: rootsOf(roots),
    fullAt: when.kind === 'full' ? when.at : null,
    folders: folders?.map(({ path, messages, bytes }) => ({ path, messages, bytes })) ?? null,
  });
}
