import { accountKey, type AccountRef } from '../domain/account.ts';
import type { FolderSize } from '../domain/folder.ts';
import { fullestPercent, quotaBand, type QuotaBand } from '../domain/quota-band.ts';
import type { QuotaRoot } from '../domain/quota.ts';

/** Which accounts get series of their own. */
export type AccountSeries = 'off' | 'nearFull' | 'all';

/** What a scan found of one account. */
export interface AccountSnapshot extends AccountRef {
  /** Null where the server reports no quota. */
  readonly roots: readonly QuotaRoot[] | null;
  /** When the forecast says the account will be full; null without a forecast. */
  readonly fullAt: Date | null;
  /** Found by an earlier process; the forecast is still to come. */
  readonly restored?: boolean;
  /** Null when this scan did not read folder sizes: the previous ones are kept. */
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
/** Up to this number of accounts all get series, unless the configuration says otherwise. */
const mostForAll = 2000;

type CountedKind = AccountState | QuotaBand | 'scanned' | 'nearFull';

/** The last scan of every configured account, in memory. */
export class AccountBook {
  #entries = new Map<string, AccountEntry>();
  #series: AccountSeries | null = null;
  /** Kept up to date with each entry, since a scrape must not walk through all accounts at once. */
  #counts = new Map<string, number>();

  /** Takes the accounts of a configuration; what is known of those that remain is kept. */
  configure(accounts: readonly AccountRef[], series: AccountSeries | null): void {
    const before = this.#entries;
    this.#entries = new Map();
    this.#counts = new Map();
    this.#series = series;
    for (const { server, account } of accounts) {
      const ref = { server, account };
      const fresh: AccountEntry = { ref, state: 'pending', snapshot: null, band: 'unknown', nearFull: false };
      this.#put(before.get(accountKey(ref)) ?? fresh);
    }
  }

  /** An account that is no longer configured is skipped. */
  record(snapshot: AccountSnapshot): void {
    const before = this.#entries.get(accountKey(snapshot));
    if (before === undefined) return;
    const percent = fullestPercent(snapshot.roots) ?? 0;
    this.#put({
      ref: before.ref,
      state: 'ok',
      snapshot: { ...snapshot, folders: snapshot.folders ?? before.snapshot?.folders ?? null },
      band: quotaBand(snapshot.roots),
      nearFull: percent >= (before.nearFull ? nearFullLeaves : nearFullEnters),
    });
  }

  /** The scan could not read the account; the previous findings are kept. */
  fail(ref: AccountRef): void {
    const before = this.#entries.get(accountKey(ref));
    if (before !== undefined) this.#put({ ...before, state: 'failed' });
  }

  /** Accounts whose findings are of an earlier process, and have no forecast yet. */
  withoutForecast(): readonly AccountRef[] {
    return [...this.#entries.values()].flatMap(({ ref, snapshot }) =>
      snapshot?.restored === true ? [ref] : [],
    );
  }

  /** Adds what takes longer to find out; an account that was scanned meanwhile is left alone. */
  addForecast(ref: AccountRef, found: Pick<AccountSnapshot, 'fullAt' | 'folders'>): void {
    const before = this.#entries.get(accountKey(ref));
    if (before?.snapshot?.restored !== true) return;
    const folders = before.snapshot.folders ?? found.folders;
    this.#put({ ...before, snapshot: { ...before.snapshot, ...found, folders, restored: false } });
  }

  /** Not read by the last scan, or by none yet. */
  isUnread(ref: AccountRef): boolean {
    return this.#entries.get(accountKey(ref))?.state !== 'ok';
  }

  /** How many accounts of a server are in a state or band. */
  count(server: string, what: AccountState | QuotaBand): number {
    return this.#counts.get(countKey(server, what)) ?? 0;
  }

  /** How many scanned accounts get no series of their own. */
  dropped(): number {
    const all = this.#counts.get(countKey('', 'scanned')) ?? 0;
    if (this.#policy() === 'all') return 0;
    return this.#policy() === 'off' ? all : all - (this.#counts.get(countKey('', 'nearFull')) ?? 0);
  }

  /** All accounts that may get series. It is safe to walk through them while others are recorded. */
  entries(): Iterable<AccountEntry> {
    return this.#policy() === 'off' ? [] : this.#entries.values();
  }

  /** Whether the account gets series of its own. */
  exports(entry: AccountEntry): boolean {
    return entry.nearFull || this.#policy() === 'all';
  }

  #policy(): AccountSeries {
    return this.#series ?? (this.#entries.size <= mostForAll ? 'all' : 'nearFull');
  }

  #put(entry: AccountEntry): void {
    const key = accountKey(entry.ref);
    const before = this.#entries.get(key);
    if (before !== undefined) this.#tally(before, -1);
    this.#tally(entry, 1);
    this.#entries.set(key, entry);
  }

  #tally({ ref: { server }, state, band, snapshot, nearFull }: AccountEntry, by: 1 | -1): void {
    const add = (place: string, what: CountedKind): void => {
      const key = countKey(place, what);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
    };
    add(server, state);
    add(server, band);
    if (snapshot !== null) add('', 'scanned');
    if (nearFull) add('', 'nearFull');
  }
}

/** Counts over all servers have the empty place, which is no server's name. */
function countKey(place: string, what: CountedKind): string {
  return `${place}\0${what}`;
}
