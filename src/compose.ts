import { randomUUID } from 'node:crypto';
import type { OpenOptions } from './catalog/sqlite.ts';
import { threadedCodec } from './codec/threaded-codec.ts';
import { type Config, perDayOf } from './config/config.ts';
import { defaultExpirePercent } from './config/schema-main.ts';
import { Secret } from './config/secret.ts';
import type { Listener } from './config/settings.ts';
import type { AccountRef } from './domain/account.ts';
import { policiesFor } from './domain/override.ts';
import { recordedHeaders } from './domain/selection.ts';
import type { EraseWork } from './expire/erase.ts';
import type { ExpireWork } from './expire/expire.ts';
import { openDeliveries } from './delivery/open-deliveries.ts';
import { imapMail } from './imap/mail.ts';
import { imapOwnerLogins } from './imap/owner-logins.ts';
import { openDatabaseOf, type OpenedCatalog, whereIs } from './compose-database.ts';
import { budgeted } from './compose-replicas.ts';
import { listedQuotas } from './compose-sources.ts';
import { openKeys, openStores } from './compose-stores.ts';
import { oauthTokens } from './oauth/tokens.ts';
import { localMailFiles } from './mailfiles/mail-files.ts';
import type { Catalog } from './ports/catalog.ts';
import type { AccessTokens } from './ports/tokens.ts';
import type { Clock } from './ports/clock.ts';
import type { Codec } from './ports/codec.ts';
import type { Delivery } from './ports/delivery.ts';
import type { MailFiles } from './ports/mail-files.ts';
import type { Locks } from './ports/locks.ts';
import type { LogFields } from './ports/log.ts';
import type { Mail } from './ports/mail.ts';
import type { OwnerLogins } from './ports/owner-logins.ts';
import type { Progress } from './ports/progress.ts';
import type { Queue } from './ports/queue.ts';
import type { MakeSchedule } from './ports/schedule.ts';
import type { RemovableStore, Store } from './ports/store.ts';
import { StoreGate, unknownStore } from './preflight/store-gate.ts';
import { InProcessQueue } from './queue/in-process.ts';
import { cronSchedule } from './schedule/cron.ts';
import { toolName } from './version.ts';
import type { ListedQuotas } from './upkeep/listed-quotas.ts';
import type { AccountWork } from './work/account-work.ts';
import { lookingWork } from './work/looking-work.ts';
import { spoolOf } from './work/spool.ts';
import { skippingUnreachable } from './work/unreachable-server.ts';
import { type LockedWork, withLock } from './work/locked-work.ts';

export * from './compose-database.ts';
export { openSharedRunsOf } from './compose-replicas.ts';
export type { Listener };
export { openWeb, renewWeb, textOfMessage } from './compose-web.ts';

export interface ComposeOptions {
  readonly database: OpenOptions['mode'];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Opened by the caller, who closes it too; default: one of its own. */
  readonly opened?: OpenedCatalog;
  /** File with the age identities that decrypt archives; default: none, nothing encrypted can be read. */
  readonly identity?: string | null;
  readonly watch?: Watch;
  /** Called when the byte budget of a server made a session wait. */
  readonly throttled?: (server: string, waitedMs: number) => void;
}

/** What a daemon observes while it works; a command observes nothing. */
export interface Watch {
  /** The same mail servers, with every login observed. */
  mail(mail: Mail): Mail;
  /** The same store, with every write observed. */
  store(store: RemovableStore): RemovableStore;
  /** What a gate found; null: the store is fit for use. */
  verdict(store: string, fault: string | null): void;
  /** A connection failed and is tried again. */
  retrying(line: string, fields: LogFields): void;
}

/** Everything a command needs, built from the configuration. Dispose it when done. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly mail: Mail;
  /** Access tokens of accounts that sign in with OAuth 2. */
  readonly tokens: AccessTokens;
  readonly ownerLogins: OwnerLogins;
  readonly codec: Codec;
  /** Mail that other programs left in files. */
  readonly files: MailFiles;
  readonly stores: ReadonlyMap<string, Store>;
  readonly gate: StoreGate;
  /** A gate that has not seen the stores yet: one that was unfit gets another chance. */
  freshGate(): StoreGate;
  readonly schedule: MakeSchedule;
  /** Where reports go. */
  readonly deliveries: readonly Delivery[];
  /** Quotas that are known without logging in. */
  readonly listedQuotas: ListedQuotas;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** What is needed to look at one account. Dispose its connection when done. */
  look(account: AccountRef): AccountWork;
  /** Does the job under the account's lock; `locked` at once when another process holds it. */
  withAccount<T extends object | void>(
    account: AccountRef,
    job: (work: LockedWork) => Promise<T>,
    options?: WorkOptions,
  ): Promise<T | 'locked'>;
  /** What `expire` needs for one store, which may have credentials of its own for this (SAFETY I5). */
  expireWork(store: string, who: string): ExpireWork;
  /** What erasing an account needs: all stores, with the credentials that may remove. */
  eraseWork(who: string): EraseWork;
}

/** What a caller gives in place of the usual. */
export interface WorkOptions {
  /** UUID of the run; default: a new one. */
  readonly run?: string;
  readonly gate?: StoreGate;
  readonly progress?: Progress;
  /** See Lockable. */
  readonly waits?: boolean;
  /** Ends it too, with a reason that is a MothballError `interrupted`. */
  readonly signal?: AbortSignal;
}

/** The only place that builds adapters. */
export async function compose(config: Config, options: ComposeOptions): Promise<App> {
  const { progress, signal, clock, watch } = options;
  // Taken down in reverse order, also when something here fails.
  await using opened = new AsyncDisposableStack();
  const keys = await openKeys(config, options.identity ?? null);
  const { catalog, locks } = options.opened ?? (await openDatabaseOf(config, options.database));
  if (options.opened === undefined) opened.use(catalog);
  const { stores, removable } = await openStores(config, signal, opened, watch);
  const where = await whereIs(config.database);
  const freshGate = (): StoreGate =>
    new StoreGate({
      stores,
      catalog,
      clock,
      warn: (line) => progress.note(line),
      keys,
      where,
      verdict: (store, fault) => watch?.verdict(store, fault),
    });
  const tokens = oauthTokens(config.accounts, options);
  const servers = imapMail(config.servers, config.accounts, {
    tokens,
    log: (line, fields) => (watch === undefined ? progress.note(line) : watch.retrying(line, fields)),
    signal,
    throttled: (server, waitedMs) => options.throttled?.(server, waitedMs),
    budget: (server, bytes, perSecond) => locks.pace(server, bytes, perSecond),
  });
  const shared = budgeted(servers, locks, config, signal);
  opened.defer(() => shared.close());
  // A daemon knows of its servers by itself, over more than one command.
  const mail = watch?.mail(shared.mail) ?? skippingUnreachable(shared.mail);
  const codec = threadedCodec();
  opened.defer(() => codec.close());
  const parts: AppParts = {
    config,
    catalog,
    locks,
    mail,
    tokens,
    ownerLogins: imapOwnerLogins(config.servers, config.accounts, (text) =>
      Secret.fromText(text, 'the sign-in'),
    ),
    codec,
    files: localMailFiles,
    stores,
    gate: freshGate(),
    freshGate,
    schedule: cronSchedule,
    deliveries: openDeliveries(config.reports),
    listedQuotas: listedQuotas(config, { clock, signal, note: (line) => progress.note(line) }),
    clock,
    progress,
    signal,
  };
  const running = opened.move();
  return {
    ...parts,
    ...accountWork(parts),
    ...removal(parts, removable),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What is built from the configuration alone. */
type AppParts = Omit<App, AccountWorkKeys | RemovalKeys | typeof Symbol.asyncDispose>;
type AccountWorkKeys = 'look' | 'withAccount';
type RemovalKeys = 'expireWork' | 'eraseWork';

/** Work on one account: looking needs no lock, changing does. */
function accountWork(parts: AppParts): Pick<App, AccountWorkKeys> {
  const { config, catalog, codec, mail, locks, clock, signal } = parts;
  const { policies, holds } = config;
  const headerNames = recordedHeaders(policies, holds);
  const partsFor = (
    account: AccountRef,
    changes: WorkOptions = {},
  ): Omit<AccountWork, 'connection' | 'folders'> => ({
    account,
    catalog,
    gate: changes.gate ?? parts.gate,
    codec,
    rules: { policies: policiesFor(policies, account.account), holds, headerNames },
    spool: { path: spoolOf(config.spool.path, account), maxBytes: config.spool.maxBytes },
    perDay: perDayOf(config.servers.get(account.server)),
    clock,
    schedule: parts.schedule,
    progress: changes.progress ?? parts.progress,
    signal: changes.signal === undefined ? signal : AbortSignal.any([signal, changes.signal]),
  });
  return {
    look: (account) => lookingWork(mail, partsFor(account)),
    withAccount: (account, job, changes = {}) => {
      const run = changes.run ?? randomUUID();
      const { waits = false } = changes;
      return withLock({ locks, mail, run, tool: toolName, waits, parts: partsFor(account, changes) }, job);
    },
  };
}

/** The only way to the stores that can remove (SAFETY I5). */
function removal(
  { config, catalog, locks, gate, clock, progress, signal }: AppParts,
  stores: ReadonlyMap<string, RemovableStore>,
): Pick<App, RemovalKeys> {
  const { policies, holds, accounts } = config;
  const shared = { catalog, locks, gate, clock, progress, signal, policies, holds };
  return {
    expireWork: (name, who) => {
      const store = stores.get(name);
      if (store === undefined) throw unknownStore(name);
      const maxPercent = config.expire?.maxPercent ?? defaultExpirePercent;
      return { ...shared, store, accounts, maxPercent, who };
    },
    eraseWork: (who) => ({ ...shared, stores, who }),
  };
}

/** The queue of this process. */
export const newQueue = (): Queue => new InProcessQueue();
