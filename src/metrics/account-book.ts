import { fullestPercent, quotaBand, type QuotaBand } from '../domain/quota-band.ts';
import type { FolderSize } from '../domain/folder.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { AccountRef } from '../ports/mail.ts';

/** Which accounts get series of their own. */
export type AccountSeries = 'off' | 'nearFull' | 'all';

/** What a scan found of one account. */
export interface AccountSnapshot extends AccountRef {
  /** Null where the server reports no quota. */
  readonly roots: readonly QuotaRoot[] | null;
  /** When the forecast says the account will be full; null without a forecast. */
  readonly fullAt: Date | null;
  /** Null when this scan did not read folder sizes: the ones before stay. */
  readonly folders: readonly (FolderSize & { readonly path: string })[] | null;
}

export type AccountState = 'ok' | 'failed' | 'pending';

/** One account as the metrics know it; replaced, never changed. */
export interface AccountEntry {
  readonly ref: AccountRef;
  readonly state: AccountState;
  /** Null until the first scan. */
  readonly snapshot: AccountSnapshot | null;
  readonly band: QuotaBand;
  readonly nearFull: boolean;
}

/** An account is near full from here on (percent of its fullest quota) … */
const nearFullEnters = 80;
/** … until it falls below this, so that one at the threshold does not come and go. */
const nearFullLeaves = 75;
/** Up to so many accounts all get series, unless the configuration says otherwise. */
const mostForAll = 2000;

export interface Tally {
  count(server: string, what: AccountState | QuotaBand): number;
}

/** The last scan of every configured account, in memory. */
export class AccountBook {
  #entries = new Map<string, AccountEntry>();
  #series: AccountSeries | null = null;

  /** Takes the accounts of a configuration; what is known of those that stay is kept. */
  configure(accounts: readonly AccountRef[], series: AccountSeries | null): void {
    const entries = new Map<string, AccountEntry>();
    for (const ref of accounts) {
      const key = keyOf(ref);
      const fresh: AccountEntry = { ref, state: 'pending', snapshot: null, band: 'unknown', nearFull: false };
      entries.set(key, this.#entries.get(key) ?? fresh);
    }
    this.#entries = entries;
    this.#series = series;
  }

  /** An account that the configuration no longer has is passed over. */
  record(snapshot: AccountSnapshot): void {
    const key = keyOf(snapshot);
    const before = this.#entries.get(key);
    if (before === undefined) return;
    const percent = fullestPercent(snapshot.roots) ?? 0;
    this.#entries.set(key, {
      ref: before.ref,
      state: 'ok',
      snapshot: { ...snapshot, folders: snapshot.folders ?? before.snapshot?.folders ?? null },
      band: quotaBand(snapshot.roots),
      nearFull: percent >= (before.nearFull ? nearFullLeaves : nearFullEnters),
    });
  }

  /** The scan could not read the account; what the one before found stays. */
  fail(ref: AccountRef): void {
    const before = this.#entries.get(keyOf(ref));
    if (before !== undefined) this.#entries.set(keyOf(ref), { ...before, state: 'failed' });
  }

  /** How many accounts each server has in each state and band. */
  tally(): Tally {
    const counts = new Map<string, number>();
    const add = (server: string, what: string): void => {
      const key = `${server}\0${what}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    };
    for (const { ref, state, band } of this.#entries.values()) {
      add(ref.server, state);
      add(ref.server, band);
    }
    return { count: (server, what) => counts.get(`${server}\0${what}`) ?? 0 };
  }

  /** The accounts that get series of their own, and how many scanned ones do not. */
  exported(): { readonly entries: readonly AccountEntry[]; readonly dropped: number } {
    const series = this.#series ?? (this.#entries.size <= mostForAll ? 'all' : 'nearFull');
    const entries: AccountEntry[] = [];
    let dropped = 0;
    for (const entry of this.#entries.values()) {
      if (entry.snapshot === null) continue;
      if (series === 'all' || (series === 'nearFull' && entry.nearFull)) entries.push(entry);
      else dropped += 1;
    }
    return { entries, dropped };
  }
}

function keyOf({ server, account }: AccountRef): string {
  return `${server}\0${account}`;
}
