import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { accountKey } from '../domain/account.ts';
import { isImapError, type Metrics, type StoreJob } from '../metrics/metrics.ts';
import type { Catalog } from '../ports/catalog.ts';
import { errorMessage } from '../errors.ts';
import type { EventTotals, VerificationTotals } from '../ports/history.ts';
import type { FolderSample, QuotaSample } from '../ports/watch.ts';
import type { ScanResult } from '../upkeep/scan.ts';
import type { ScheduledTask, SharedParts } from './active-config.ts';
import { spaceOf } from './space.ts';
import { accountForecast, forecastWindowMs, rootsOf } from '../watch/account-forecast.ts';
import { doneNames } from '../watch/done-names.ts';

/** Shows a configuration in the metrics: at the start and after each reload. */
export async function showConfiguration(
  metrics: Metrics,
  catalog: Catalog,
  { config, entries }: { readonly config: Config; readonly entries: readonly ScheduledTask[] },
  now: Date,
): Promise<void> {
  const names = config.policies.map((policy) => policy.name);
  const created = await catalog.knowPolicies(names, now);
  // A policy that is enforced since today, or whose schedule is new, has missed no run before.
  const since = new Map(entries.map(({ name, known }) => [name, known]));
  metrics.configure({
    servers: [...config.servers.keys()],
    stores: [...config.stores.keys()],
    accounts: config.accounts,
    policies: config.policies.map((policy) => ({
      policy,
      created: since.get(`policy ${policy.name}`) ?? created.get(policy.name) ?? now,
    })),
    scanSchedule: config.scan.schedule,
    accountSeries: config.metrics.accounts,
    folderSeries: config.metrics.folders,
  });
  metrics.reports.configure(channelsOf(config));
}

/** Mail and archives are counted again only after this number of looks: with much of it that is expensive. */
const countEvery = 15;

/** What runs, scrubs and commands have added to the catalog since the daemon began. */
export class CatalogTotals {
  readonly #metrics: Metrics;
  readonly #catalog: Catalog;
  #seen: readonly VerificationTotals[];
  #events: EventTotals;
  #looks = 0;

  private constructor(
    metrics: Metrics,
    catalog: Catalog,
    seen: readonly VerificationTotals[],
    events: EventTotals,
  ) {
    this.#metrics = metrics;
    this.#catalog = catalog;
    this.#seen = seen;
    this.#events = events;
  }

  static async start(metrics: Metrics, catalog: Catalog): Promise<CatalogTotals> {
    return new CatalogTotals(
      metrics,
      catalog,
      await catalog.verificationTotals(),
      await catalog.eventTotals(),
    );
  }

  /** Adds what is new since the last call. */
  async show(config: Config, now: Date): Promise<void> {
    if (this.#looks % countEvery === 0) await this.#count(config);
    this.#looks += 1;
    const pauses = await this.#catalog.accountPauses();
    this.#metrics.stocks.paused(pauses.filter(({ until }) => now < until));
    await this.#showVerifications();
    await this.#showEvents();
  }

  /** Counts again at the next call, whenever the last one was. */
  recount(): void {
    this.#looks = 0;
  }

  async #count(config: Config): Promise<void> {
    const [metrics, catalog] = [this.#metrics, this.#catalog];
    metrics.pendingDelete(await catalog.pendingByPolicy());
    const quarantined = await catalog.quarantinedByServer();
    metrics.stocks.stock({ archives: await catalog.archiveCounts(), quarantined });
    metrics.stocks.space(await spaceOf(config, this.#catalog));
  }

  async #showEvents(): Promise<void> {
    const now = await this.#catalog.eventTotals();
    const before = this.#events;
    this.#metrics.restored(Math.max(0, now.restored - before.restored));
    for (const [store, archives] of now.expired)
      this.#metrics.stocks.expired(store, Math.max(0, archives - (before.expired.get(store) ?? 0)));
    this.#events = now;
  }

  async #showVerifications(): Promise<void> {
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

/** Shows and records that a job on a store succeeded. */
export async function storeJobDone(
  metrics: Metrics,
  catalog: Catalog,
  { job, store }: { readonly job: StoreJob; readonly store: string },
  at: Date,
): Promise<void> {
  metrics.stocks.done(job, store, at);
  await catalog.setDone(doneNames[job](store), at);
}

/** When stores and servers were last looked after, by this or an earlier process. */
export async function showLastDone(
  metrics: Metrics,
  catalog: Catalog,
  { servers, stores, reports }: Pick<Config, 'servers' | 'stores' | 'reports'>,
): Promise<void> {
  for (const store of stores.keys()) {
    for (const job of ['scrub', 'expire'] as const) {
      const at = await catalog.lastDone(doneNames[job](store));
      if (at !== null) metrics.stocks.done(job, store, at);
    }
  }
  for (const server of servers.keys()) {
    const at = await catalog.lastDone(doneNames.scan(server));
    if (at !== null) metrics.recordScan(server, null, at);
  }
  for (const channel of channelsOf({ reports })) {
    const at = await catalog.lastDone(doneNames.report(channel));
    if (at !== null) metrics.reports.sent(channel, at);
  }
}

/** How reports are sent. */
function channelsOf({ reports }: Pick<Config, 'reports'>) {
  return (['mail', 'webhook'] as const).filter((channel) => (reports?.[channel] ?? null) !== null);
}

/** Accounts shown before other work gets its turn. */
const accountsPerTurn = 200;

/** The findings of runs and scans of earlier processes, so that series do not start over with each start. */
export async function showHistory(metrics: Metrics, catalog: Catalog): Promise<void> {
  metrics.restore({ outcomes: await catalog.runOutcomes() });
  const newest = Map.groupBy(await catalog.newestSamples(), accountKey);
  for (const [index, scan] of (await catalog.scans()).entries()) {
    const roots = rootsOf(newest.get(accountKey(scan)) ?? []);
    const { server, account, error } = scan;
    metrics.recordAccount({ server, account, roots, fullAt: null, folders: null, restored: true });
    if (error === null) metrics.serverUp(server, true);
    else metrics.accountFailed(scan);
    if (index % accountsPerTurn === 0) await nextTurn();
  }
}

/**
 * Forecasts and folders of accounts that no scan has read since the start. A forecast takes
 * milliseconds, so it is not waited for. Never throws.
 */
export async function showForecasts(
  metrics: Metrics,
  { catalog, clock, signal, log }: Pick<SharedParts, 'catalog' | 'clock' | 'signal' | 'log'>,
): Promise<void> {
  try {
    for (const ref of metrics.withoutForecast()) {
      if (signal.aborted) return;
      const now = clock.now();
      const samples = await catalog.samples(ref, new Date(now.getTime() - forecastWindowMs));
      const when = accountForecast(samples, now);
      const folders = await catalog.folderSamples(ref);
      metrics.addForecast(ref, {
        fullAt: when.kind === 'full' ? when.at : null,
        folders:
          folders.length === 0
            ? null
            : folders.map(({ path, messages, bytes }) => ({ path, messages, bytes })),
      });
      await nextTurn();
    }
  } catch (error) {
    log.warn(`the forecasts of earlier scans are not shown: ${errorMessage(error)}`);
  }
}

/** What a scan found, with the forecast that follows from it. */
export async function showScan(metrics: Metrics, catalog: Catalog, result: ScanResult): Promise<void> {
  const { error, server } = result;
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
