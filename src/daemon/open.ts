import {
  databaseName,
  type Listener,
  openDatabaseOf,
  openSharedRunsOf,
  prepareDirectories,
  type Watch,
} from '../compose.ts';
import type { Config } from '../config/config.ts';
import { errorMessage } from '../errors.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { SharedRuns } from '../ports/queue.ts';
import { version } from '../version.ts';
import { ActiveConfig, type SharedParts } from './active-config.ts';
import { loadSettled } from './configuration.ts';
import { Leadership } from './leader.ts';
import { ServerWatch } from './server-watch.ts';
import { StoreWatch } from './store-watch.ts';
import { CatalogTotals, showConfiguration, showHistory, showLastDone } from './telemetry.ts';
import { type Condition, Web } from './web.ts';

export interface DaemonOptions {
  /** Reads the configuration, again for each reload. @throws ConfigError. */
  readonly load: () => Promise<Config>;
  readonly log: Log;
  /** SIGTERM or SIGINT: stop. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Calls back at each SIGHUP. */
  readonly onHangup: (listener: () => void) => Disposable;
  /** How long to wait for running jobs when stopped; null: as configured. Milliseconds. */
  readonly graceMs: number | null;
}

/** What is read and opened before the daemon is put together. */
export interface DaemonParts {
  readonly options: DaemonOptions;
  readonly shared: SharedParts;
  /** Ends the daemon by a fault of its own. */
  readonly failing: AbortController;
  readonly condition: Condition;
  readonly metrics: Metrics;
  readonly web: Web;
  readonly active: ActiveConfig;
  /** Fingerprint of the files of `active`. */
  readonly print: string;
  readonly totals: CatalogTotals;
  readonly servers: ServerWatch;
  readonly stores: StoreWatch;
  /** Accounts that replicas share; null: this daemon is alone. */
  readonly runs: SharedRuns | null;
  readonly leader: Leadership;
}

/**
 * Reads the configuration, listens, and only then opens the catalog and shows in the metrics what
 * earlier processes recorded: with many accounts that takes a while, and the probes are asked meanwhile.
 */
export async function openDaemon(options: DaemonOptions): Promise<DaemonParts> {
  const { load, log, clock } = options;
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const condition: Condition = { dead: null, unready: 'starting' };
  const metrics = new Metrics(version);
  const first = await load();
  announce(log, first);
  const web = new Web(metrics, condition, log);
  await web.follow(first);
  try {
    const { config, print } = await loadSettled(load, first);
    await web.follow(config);
    condition.unready = 'starting: the database is being opened';
    await prepareDirectories(config);
    const { catalog, locks } = await openDatabaseOf(config, 'create');
    const runs = await openSharedRunsOf(config, (error) =>
      log.warn(`the queue of the replicas failed and tries again: ${errorMessage(error)}`),
    );
    const leader = new Leadership(locks);
    await leader.look();
    const throttled = (server: string, waitedMs: number): void =>
      metrics.imapThrottled(server, waitedMs / 1000);
    const servers = new ServerWatch({ metrics, log, clock });
    const stores = new StoreWatch(metrics, log, clock);
    const shared = { catalog, locks, log, signal, clock, throttled, watch: watchOf(servers, stores, log) };
    const active = await ActiveConfig.open(config, shared);
    condition.unready = 'starting: the records of earlier processes are being read';
    await showConfiguration(metrics, catalog, active, clock.now());
    await showLastDone(metrics, catalog, config);
    await showHistory(metrics, catalog);
    metrics.leader(leader.leads);
    const totals = await CatalogTotals.start(metrics, catalog);
    return {
      options,
      shared,
      failing,
      condition,
      metrics,
      web,
      active,
      print,
      totals,
      servers,
      stores,
      runs,
      leader,
    };
  } catch (error) {
    await web.close();
    throw error;
  }
}

/** The first line of the log: what runs here, and on what. */
function announce(log: Log, { http, stores, database, file }: Config): void {
  log.info(`mothball ${version} starts`, {
    version,
    config: file,
    database: databaseName(database),
    listen: http === null ? null : addressOf(http),
    metricsListen: http?.metrics.listener == null ? null : addressOf(http.metrics.listener),
    stores: [...stores.values()].map(({ name, type }) => ({ name, type })),
  });
}

function addressOf({ host, port }: Listener): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the parts of the daemon that watch servers and stores are shown. */
export function watchOf(servers: ServerWatch, stores: StoreWatch, log: Log): Watch {
  return {
    mail: (mail) => servers.mail(mail),
    store: (store) => stores.store(store),
    verdict: (store, fault) => stores.verdict(store, fault),
    retrying: (line, fields) => log.debug(line, fields),
  };
}
