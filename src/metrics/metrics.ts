/**
 * `metrics/`: what Prometheus is shown, as one registry that recording fills and a scrape reads.
 * `declarations.ts` and `account-declarations.ts` declare each metric once, `account-book.ts`,
 * `policy-book.ts` and `stock-book.ts` hold the state of accounts, policies and stores, and
 * `account-text.ts` streams the series of accounts. Nothing here does I/O.
 * May import `work`, `ports` and `domain`; prom-client is known here only.
 */
import type { AccountRef } from '../domain/account.ts';
import { longestGap } from '../domain/cron.ts';
import { quotaBands } from '../domain/quota-band.ts';
import type { ErrorCode } from '../errors.ts';
import type { RunOutcome, RunTotals, VerificationTotals } from '../ports/history.ts';
import type { RunReport } from '../work/report.ts';
import { AccountBook, type AccountSeries, type AccountSnapshot } from './account-book.ts';
import { accountText } from './account-text.ts';
import { OwnerBook } from './owner-book.ts';
import { PolicyBook, type PolicyEntry } from './policy-book.ts';
import { DeclaredMetrics } from './registry.ts';
import { ReportBook } from './report-book.ts';
import { type Space, type Stock, StockBook, type StoreJob } from './stock-book.ts';

export type { AccountSeries, AccountSnapshot, PolicyEntry, Space, Stock, StoreJob };

/** What the configuration says there is. */
export interface Inventory {
  readonly servers: readonly string[];
  readonly stores: readonly string[];
  readonly accounts: readonly AccountRef[];
  readonly policies: readonly PolicyEntry[];
  /** When scans are due; null: this process does none. */
  readonly scanSchedule: string | null;
  /** Which accounts get series; null: all up to 2,000 accounts, else those near full. */
  readonly accountSeries: AccountSeries | null;
  /** Series for every folder of the accounts that get series. */
  readonly folderSeries: boolean;
}

/** What the catalog has recorded. */
export interface History {
  readonly outcomes: readonly RunOutcome[];
  /** Left out by the daemon: its counters begin at 0 and count what this process did. */
  readonly totals?: readonly RunTotals[];
  readonly verifications?: readonly VerificationTotals[];
}

const imapErrorCodes = ['auth', 'token', 'connect', 'timeout', 'protocol', 'unsupported'] as const;
/** The kinds of failure that `imap_errors_total` counts. */
export type ImapErrorCode = Extract<ErrorCode, (typeof imapErrorCodes)[number]>;

/** Whether it is one of the kinds that `imap_errors_total` counts. */
export function isImapError(code: string): code is ImapErrorCode {
  return imapErrorCodes.some((known) => known === code);
}

const accountStates = ['ok', 'failed', 'pending'] as const;
const jobStates = ['queued', 'running'] as const;

/**
 * Everything that Mothball reports to Prometheus. Recording never fails and never waits; what is not
 * in the inventory is skipped. Instants become seconds since 1970, durations are seconds.
 */
export class Metrics {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #declared = new DeclaredMetrics();
  readonly #policies = new PolicyBook(this.#declared);
  readonly #accounts = new AccountBook();
  /** Archives, stores and disks. */
  readonly stocks = new StockBook(this.#declared);
  readonly reports = new ReportBook(this.#declared);
  readonly owners = new OwnerBook(this.#declared);
  #servers: ReadonlySet<string> = new Set();
  #stores: ReadonlySet<string> = new Set();
  #folderSeries = false;
  #leads = true;

  /** `process`: the figures of the process and its event loop too, which a run that ends does not need. */
  constructor(version: string, options: { readonly process: boolean } = { process: true }) {
    if (options.process) this.#declared.watchProcess();
    this.#declared.set('build_info', { version }, 1);
    this.#declared.set('config_last_reload_success', {}, 1);
    // Without a label they would begin at 0.
    for (const unknown of ['paused', 'spool_free_bytes', 'database_bytes', 'database_free_bytes'] as const)
      this.#declared.drop(unknown, {});
    this.#declared.add('restored_messages_total', {}, 0);
    this.#declared.add('login_failures_total', {}, 0);
    for (const state of jobStates) this.jobs(state, 0);
  }

  /** At the start and after each reload: new series begin at 0, removed ones go, the others are kept. */
  configure(inventory: Inventory): void {
    const { servers, stores, accounts, policies } = inventory;
    for (const gone of without(this.#servers, servers)) this.#declared.forget('server', gone);
    for (const gone of without(this.#stores, stores)) this.#declared.forget('store', gone);
    const fresh = servers.filter((server) => !this.#servers.has(server));
    this.#servers = new Set(servers);
    this.#stores = new Set(stores);
    for (const server of fresh) {
      for (const code of imapErrorCodes) this.#declared.add('imap_errors_total', { server, code }, 0);
      this.imapThrottled(server, 0);
      this.connections(server, 0);
    }
    for (const store of stores) this.#verified(store, { ok: 0, failed: 0 });
    this.stocks.configure(servers, stores);
    this.#policies.configure(policies, accounts);
    this.#accounts.configure(accounts, inventory.accountSeries);
    this.#folderSeries = inventory.folderSeries;
    const gap = inventory.scanSchedule === null ? null : longestGap(inventory.scanSchedule);
    if (gap === null) this.#declared.drop('scan_expected_interval_seconds', {});
    else this.#declared.set('scan_expected_interval_seconds', {}, gap);
  }

  /** What the catalog has recorded, after `configure`: gauges of runs; given counters are added. */
  restore({ outcomes, totals = [], verifications = [] }: History): void {
    for (const run of outcomes) this.#policies.restore(run);
    for (const total of totals) this.#policies.count(total);
    for (const { store, ok, failed } of verifications) this.#verified(store, { ok, failed });
  }

  /** A run of one policy on one account that ended at `at`; `seconds` null: not measured. */
  recordRun(report: RunReport, seconds: number | null, at: Date): void {
    this.#policies.record(report, seconds, at);
  }

  /** How long a run took that `restore` has recorded already. */
  runTook(policy: string, seconds: number): void {
    this.#policies.took(policy, seconds);
  }

  /** A run that broke before it could report: it counts as failed. */
  runBroke(policy: string, account: AccountRef): void {
    const nothing = { messages: 0, bytes: 0 };
    this.#policies.count({ policy, result: 'failed', runs: 1, archived: nothing, deleted: nothing });
    this.#policies.remember({ ...account, policy, failed: true, limits: [], succeeded: null });
  }

  /** What a scan, or a look at the quota after a run, found of one account. */
  recordAccount(snapshot: AccountSnapshot): void {
    this.#accounts.record(snapshot);
  }

  /** Accounts whose findings are of an earlier process, and have no forecast yet. */
  withoutForecast(): readonly AccountRef[] {
    return this.#accounts.withoutForecast();
  }

  addForecast(account: AccountRef, found: Pick<AccountSnapshot, 'fullAt' | 'folders'>): void {
    this.#accounts.addForecast(account, found);
  }

  /** A scan could not read the account; its series keep the previous values. */
  accountFailed(account: AccountRef): void {
    this.#accounts.fail(account);
  }

  /** Whether no scan has read the account yet, or the last one could not. */
  isUnread(account: AccountRef): boolean {
    return this.#accounts.isUnread(account);
  }

  /** A scan of all accounts of a server ended at `at` and took `seconds`; null: an earlier process did it. */
  recordScan(server: string, seconds: number | null, at: Date): void {
    if (!this.#servers.has(server)) return;
    if (seconds !== null) this.#declared.set('scan_duration_seconds', { server }, seconds);
    this.#declared.set('last_scan_timestamp_seconds', { server }, at.getTime() / 1000);
  }

  /** Messages archived and verified that await their purge, by policy. */
  pendingDelete(messages: ReadonlyMap<string, number>): void {
    for (const policy of this.#policies.names())
      this.#declared.set('pending_delete_messages', { policy }, messages.get(policy) ?? 0);
  }

  verification(store: string, result: 'ok' | 'failed'): void {
    this.#verified(store, { ok: result === 'ok' ? 1 : 0, failed: result === 'failed' ? 1 : 0 });
  }

  serverUp(server: string, up: boolean): void {
    if (this.#servers.has(server)) this.#declared.set('server_up', { server }, up ? 1 : 0);
  }

  storeUp(store: string, up: boolean): void {
    if (this.#stores.has(store)) this.#declared.set('store_up', { store }, up ? 1 : 0);
  }

  imapError(server: string, code: ImapErrorCode): void {
    if (this.#servers.has(server)) this.#declared.add('imap_errors_total', { server, code }, 1);
  }

  /** A job waited this many seconds for the budget of the server. */
  imapThrottled(server: string, seconds: number): void {
    if (this.#servers.has(server)) this.#declared.add('imap_throttled_seconds_total', { server }, seconds);
  }

  /** Connections that are open now. */
  connections(server: string, open: number): void {
    if (this.#servers.has(server)) this.#declared.set('imap_connections', { server }, open);
  }

  /** Jobs of this process that are in the state now. */
  jobs(state: (typeof jobStates)[number], count: number): void {
    this.#declared.set('jobs', { state }, count);
  }

  /** Accounts are shown by the leader alone: the others know nothing new of them. */
  leader(leads: boolean): void {
    this.#leads = leads;
    this.#declared.set('leader', {}, leads ? 1 : 0);
  }

  paused(paused: boolean): void {
    this.#declared.set('paused', {}, paused ? 1 : 0);
  }

  restored(messages: number): void {
    this.#declared.add('restored_messages_total', {}, messages);
  }

  /** Someone sent a wrong token. */
  loginFailed(): void {
    this.#declared.add('login_failures_total', {}, 1);
  }

  configReload(ok: boolean): void {
    this.#declared.set('config_last_reload_success', {}, ok ? 1 : 0);
  }

  /** The exposition text, in pieces; other work gets its turn between them. */
  async *text(): AsyncGenerator<string, void, undefined> {
    const accounts = this.#accounts;
    this.#declared.set('account_series_dropped', {}, accounts.dropped());
    for (const server of this.#servers) {
      for (const state of accountStates)
        this.#declared.set('accounts', { server, state }, accounts.count(server, state));
      for (const band of quotaBands)
        this.#declared.set('accounts_by_quota_band', { server, band }, accounts.count(server, band));
    }
    yield await this.#declared.registry.metrics();
    if (this.#leads) yield* accountText(accounts, this.#folderSeries);
  }

  #verified(store: string, times: { readonly ok: number; readonly failed: number }): void {
    if (!this.#stores.has(store)) return;
    this.#declared.add('archive_verifications_total', { store, result: 'ok' }, times.ok);
    this.#declared.add('archive_verifications_total', { store, result: 'failed' }, times.failed);
  }
}

function without(before: ReadonlySet<string>, now: readonly string[]): readonly string[] {
  return [...before].filter((name) => !now.includes(name));
}
