import { mkdir } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openLocks } from './catalog/locks.ts';
import { openCatalog, type OpenOptions } from './catalog/sqlite.ts';
import { threadedCodec } from './codec/threaded-codec.ts';
import type { AccountConfig, Config, StoreConfig } from './config/config.ts';
import { defaultExpirePercent } from './config/schema-main.ts';
import type { HttpConfig } from './config/settings.ts';
import { longestRetain } from './domain/retention.ts';
import { recordedHeaders } from './domain/selection.ts';
import { imapMail } from './imap/mail.ts';
import { localMailFiles } from './mailfiles/mail-files.ts';
import type { ExpireWork } from './expire.ts';
import type { Catalog, Locks } from './ports/catalog.ts';
import type { Clock } from './ports/clock.ts';
import type { Codec } from './ports/codec.ts';
import type { MailFiles } from './ports/mail-files.ts';
import type { AccountRef, Mail } from './ports/mail.ts';
import type { Progress } from './ports/progress.ts';
import type { Queue } from './ports/queue.ts';
import type { MakeSchedule } from './ports/schedule.ts';
import type { Store } from './ports/store.ts';
import { InProcessQueue } from './queue/in-process.ts';
import { cronSchedule } from './schedule/cron.ts';
import { localStore } from './store/local.ts';
import { StoreGate } from './store-gate.ts';
import { toolName } from './version.ts';
import { startWeb, type WebOptions, type WebServer } from './web/server.ts';
import { Line, type Work } from './work.ts';

export interface ComposeOptions {
  readonly database: OpenOptions['mode'];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Opened by the caller, who closes it too; default: one of its own. */
  readonly catalog?: Catalog;
  /** Told when the byte budget of a server made a session wait. */
  readonly throttled?: (server: string, waitedMs: number) => void;
}

/** Everything a command needs, built from the configuration. Dispose it when done. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly mail: Mail;
  readonly codec: Codec;
  /** Mail that other programs left in files. */
  readonly files: MailFiles;
  readonly stores: ReadonlyMap<string, Store>;
  readonly gate: StoreGate;
  /** A gate that has not seen the stores yet: one that was unfit gets another chance. */
  freshGate(): StoreGate;
  readonly schedule: MakeSchedule;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** What is needed to work on one account, under a new run ID or a given one. */
  work(account: AccountRef, run?: string): Work;
}

export const systemClock: Clock = { now: () => new Date() };

/** The only place that builds adapters. */
export async function compose(config: Config, options: ComposeOptions): Promise<App> {
  const { progress, signal } = options;
  const catalog = options.catalog ?? (await openCatalog(config.database.path, { mode: options.database }));
  const stores = new Map<string, Store>();
  for (const store of config.stores.values()) stores.set(store.name, await openStore(store, config, signal));
  const freshGate = (): StoreGate =>
    new StoreGate(stores, catalog, systemClock, (line) => progress.note(line));
  const gate = freshGate();
  const mail = imapMail(config.servers, config.accounts, {
    log: (line) => progress.note(line),
    signal,
    throttled: (server, waitedMs) => options.throttled?.(server, waitedMs),
  });
  const codec = threadedCodec();
  const headerNames = recordedHeaders(config.policies, config.holds);
  return {
    config,
    catalog,
    locks: openLocks(`${config.database.path}.locks`),
    mail,
    codec,
    files: localMailFiles,
    stores,
    gate,
    freshGate,
    schedule: cronSchedule,
    clock: systemClock,
    progress,
    signal,
    work: (account, run = randomUUID()) => ({
      account,
      run,
      started: systemClock.now(),
      line: new Line(mail, account),
      catalog,
      gate,
      codec,
      policies: config.policies,
      holds: config.holds,
      headerNames,
      spoolPath: spoolOf(config, account),
      spoolMaxBytes: config.spool.maxBytes,
      tool: toolName,
      clock: systemClock,
      progress,
      signal,
    }),
    [Symbol.asyncDispose]: async () => {
      await codec.close();
      if (options.catalog === undefined) await catalog[Symbol.asyncDispose]();
    },
  };
}

/** The catalog alone, for one who keeps it while configurations come and go. */
export async function openCatalogOf(config: Config): Promise<Catalog> {
  await prepareDirectories(config);
  return openCatalog(config.database.path, { mode: 'create' });
}

/** The web server that `http` asks for. @throws `connect` when it can't listen there. */
export async function openWeb(
  { host, port }: HttpConfig,
  parts: Omit<WebOptions, 'host' | 'port'>,
): Promise<WebServer> {
  return startWeb({ host, port, ...parts });
}

/** The queue of this process. */
export function newQueue(): Queue {
  return new InProcessQueue();
}

/** What `expire` needs for one store, which may have been built with credentials of its own. */
export function expireWork(app: App, store: Store, who: string): ExpireWork {
  const { policies, holds, accounts, expire } = app.config;
  const maxPercent = expire?.maxPercent ?? defaultExpirePercent;
  return { ...app, store, policies, holds, accounts, maxPercent, who };
}

async function openStore(
  store: StoreConfig,
  { policies, holds }: Config,
  signal: AbortSignal,
): Promise<Store> {
  if (store.type === 'local') return localStore(store);
  // The AWS SDK costs memory and start-up time: only where a store needs it.
  const { s3Store } = await import('./store/s3/store.ts');
  return s3Store({ ...store, keepFor: longestRetain(policies, holds, store.name) }, signal);
}

/** Makes the directory that the database and its locks lie in. */
export async function prepareDirectories(config: Config): Promise<void> {
  await mkdir(join(config.database.path, '..'), { recursive: true });
}

/** One spool directory per account: whoever holds the account's lock may empty it. */
function spoolOf(config: Config, account: AccountConfig | AccountRef): string {
  const digest = createHash('sha256').update(`${account.server}\0${account.account}`).digest('hex');
  return join(config.spool.path, digest.slice(0, 16));
}
