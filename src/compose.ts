import { mkdir } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openLocks } from './catalog/locks.ts';
import { openCatalog, type OpenOptions } from './catalog/sqlite.ts';
import { threadedCodec } from './codec/threaded-codec.ts';
import type { AccountConfig, Config, S3KeysConfig, StoreConfig } from './config/config.ts';
import { defaultExpirePercent } from './config/schema-main.ts';
import type { HttpConfig } from './config/settings.ts';
import { longestRetain } from './domain/retention.ts';
import { recordedHeaders } from './domain/selection.ts';
import { imapMail } from './imap/mail.ts';
import { localMailFiles } from './mailfiles/mail-files.ts';
import type { ExpireWork } from './expire/expire.ts';
import type { Catalog, Locks } from './ports/catalog.ts';
import type { Clock } from './ports/clock.ts';
import type { Codec } from './ports/codec.ts';
import type { Encryption, Keys } from './ports/encryption.ts';
import type { MailFiles } from './ports/mail-files.ts';
import type { AccountRef, Mail } from './ports/mail.ts';
import type { Progress } from './ports/progress.ts';
import type { Queue } from './ports/queue.ts';
import type { MakeSchedule } from './ports/schedule.ts';
import type { Store } from './ports/store.ts';
import { InProcessQueue } from './queue/in-process.ts';
import { cronSchedule } from './schedule/cron.ts';
import { localStore } from './store/local.ts';
import { StoreGate } from './preflight/store-gate.ts';
import { toolName } from './version.ts';
import type { WebOptions, WebServer } from './web/server.ts';
import { Line, type Work } from './work/work.ts';

export interface ComposeOptions {
  readonly database: OpenOptions['mode'];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Opened by the caller, who closes it too; default: one of its own. */
  readonly catalog?: Catalog;
  /** File with the age identities that decrypt archives; default: none, nothing encrypted can be read. */
  readonly identity?: string | null;
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
  /** The same stores with the credentials that may remove: for `expire` alone (SAFETY I5). */
  readonly removingStores: ReadonlyMap<string, Store>;
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

/** The only place that builds adapters. */
export async function compose(config: Config, options: ComposeOptions): Promise<App> {
  const { progress, signal, clock } = options;
  const keys = await openKeys(config, options.identity ?? null);
  const catalog = options.catalog ?? (await openCatalog(config.database.path, { mode: options.database }));
  const stores = new Map<string, Store>();
  const removingStores = new Map<string, Store>();
  for (const settings of config.stores.values()) {
    const store = await openStore(settings, config, signal);
    stores.set(store.name, store);
    const own = settings.type === 's3' ? settings.expireCredentials : null;
    removingStores.set(store.name, own === null ? store : await openStore(settings, config, signal, own));
  }
  const freshGate = (): StoreGate =>
    new StoreGate(stores, catalog, clock, (line) => progress.note(line), keys);
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
    removingStores,
    gate,
    freshGate,
    schedule: cronSchedule,
    clock,
    progress,
    signal,
    work: (account, run = randomUUID()) => ({
      account,
      run,
      started: clock.now(),
      line: new Line(mail, account),
      usage: { first: null },
      catalog,
      gate,
      codec,
      policies: config.policies,
      holds: config.holds,
      headerNames,
      spoolPath: spoolOf(config, account),
      spoolMaxBytes: config.spool.maxBytes,
      tool: toolName,
      clock,
      schedule: cronSchedule,
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
  // The web framework costs as much memory as everything else: only where something is served.
  const { startWeb } = await import('./web/server.ts');
  return startWeb({ host, port, ...parts });
}

/** The queue of this process. */
export function newQueue(): Queue {
  return new InProcessQueue();
}

/** What `expire` needs for one store, which may have credentials of its own for this. */
export function expireWork(app: App, name: string, who: string): ExpireWork {
  const store = app.removingStores.get(name) ?? app.gate.find(name);
  const { policies, holds, accounts, expire } = app.config;
  const maxPercent = expire?.maxPercent ?? defaultExpirePercent;
  return { ...app, store, policies, holds, accounts, maxPercent, who };
}

/** What encrypts, by store, and what decrypts. The library is loaded only where something is encrypted. */
async function openKeys({ stores }: Config, identity: string | null): Promise<Keys> {
  const encryptions = new Map<string, Encryption>();
  for (const { name, encryption } of stores.values()) {
    if (encryption === null) continue;
    const { ageEncryption } = await import('./age/encryption.ts');
    encryptions.set(name, ageEncryption(encryption.recipients));
  }
  if (identity === null) return { encryptions, decryption: null };
  const { ageDecryption } = await import('./age/decryption.ts');
  return { encryptions, decryption: await ageDecryption(identity) };
}

/** `keys`: in place of those that the store has in the configuration. */
async function openStore(
  store: StoreConfig,
  { policies, holds }: Config,
  signal: AbortSignal,
  keys?: S3KeysConfig,
): Promise<Store> {
  if (store.type === 'local') return localStore(store);
  // The AWS SDK costs memory and start-up time: only where a store needs it.
  const { s3Store } = await import('./store/s3/store.ts');
  const credentials = keys ?? store.credentials;
  return s3Store({ ...store, credentials, keepFor: longestRetain(policies, holds, store.name) }, signal);
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
