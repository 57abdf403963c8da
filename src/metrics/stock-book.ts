import type { ArchiveState } from '../ports/records.ts';
import type { DeclaredMetrics } from './registry.ts';

const archiveStates: readonly ArchiveState[] = ['sealed', 'verified', 'quarantined', 'expired'];

/** What the catalog holds now. */
export interface Stock {
  readonly archives: readonly {
    readonly store: string;
    readonly state: ArchiveState;
    readonly archives: number;
    readonly bytes: number;
  }[];
  /** Quarantined messages by server. */
  readonly quarantined: ReadonlyMap<string, number>;
}

/** Bytes on the disks of this machine; null: that can't be read. */
export interface Space {
  /** Free, by local store. */
  readonly stores: ReadonlyMap<string, number | null>;
  readonly spoolFree: number | null;
  readonly database: number | null;
  readonly databaseFree: number | null;
}

/** Jobs on stores whose last success is shown. */
export type StoreJob = 'scrub' | 'expire';

/** What there is: archives by state, bytes of stores and disks, and when stores were last looked after. */
export class StockBook {
  readonly #metrics: DeclaredMetrics;
  #servers: readonly string[] = [];
  #stores: readonly string[] = [];

  constructor(metrics: DeclaredMetrics) {
    this.#metrics = metrics;
  }

  /** New counters begin at 0. */
  configure(servers: readonly string[], stores: readonly string[]): void {
    this.#servers = servers;
    this.#stores = stores;
    for (const store of stores) this.#metrics.add('expired_archives_total', { store }, 0);
  }

  stock({ archives, quarantined }: Stock): void {
    for (const store of this.#stores) {
      const here = archives.filter((count) => count.store === store);
      for (const state of archiveStates) {
        const found = here.find((count) => count.state === state);
        this.#metrics.set('archives', { store, state }, found?.archives ?? 0);
      }
      const kept = here.filter(({ state }) => state !== 'expired');
      const bytes = kept.reduce((sum, count) => sum + count.bytes, 0);
      this.#metrics.set('store_bytes', { store }, bytes);
    }
    for (const server of this.#servers)
      this.#metrics.set('quarantined_messages', { server }, quarantined.get(server) ?? 0);
  }

  /** Accounts that are left alone now, by server. */
  paused(accounts: readonly { readonly server: string }[]): void {
    for (const server of this.#servers) {
      const here = accounts.filter((account) => account.server === server);
      this.#metrics.set('accounts_paused', { server }, here.length);
    }
  }

  space({ stores, spoolFree, database, databaseFree }: Space): void {
    for (const [store, free] of stores) {
      if (!this.#stores.includes(store)) continue;
      if (free === null) this.#metrics.drop('store_free_bytes', { store });
      else this.#metrics.set('store_free_bytes', { store }, free);
    }
    this.#show('spool_free_bytes', spoolFree);
    this.#show('database_bytes', database);
    this.#show('database_free_bytes', databaseFree);
  }

  done(job: StoreJob, store: string, at: Date): void {
    if (!this.#stores.includes(store)) return;
    this.#metrics.set(`last_${job}_success_timestamp_seconds`, { store }, at.getTime() / 1000);
  }

  expired(store: string, archives: number): void {
    if (this.#stores.includes(store)) this.#metrics.add('expired_archives_total', { store }, archives);
  }

  #show(name: 'spool_free_bytes' | 'database_bytes' | 'database_free_bytes', value: number | null): void {
    if (value === null) this.#metrics.drop(name, {});
    else this.#metrics.set(name, {}, value);
  }
}
