import { networkOf } from '../login-failures.ts';

/** Failures that cost no time: of one account, and of one address, which many may share. */
const freeOfAccount = 3;
const freeOfAddress = 10;
/** The wait after the next failure; it doubles with each, up to the second. Milliseconds. */
const firstWaitMs = 2_000;
const longestWaitMs = 15 * 60_000;
/** Failures are forgotten when the last is this old, in milliseconds. */
const forgetMs = 3_600_000;
/** Addresses, and names of no account, that are remembered; beyond this the oldest are forgotten. */
const mostKnown = 10_000;

interface Failures {
  count: number;
  last: number;
}

/** Failures by key. `free` of them cost no time. */
class Book {
  readonly #free: number;
  readonly #most: number;
  readonly #known = new Map<string, Failures>();

  constructor(free: number, most: number) {
    this.#free = free;
    this.#most = most;
  }

  waitMs(key: string, now: number): number {
    const known = this.#known.get(key);
    if (known === undefined || known.count < this.#free) return 0;
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(30, known.count - this.#free));
    return Math.max(0, known.last + wait - now);
  }

  /** True for the failure from which on the key has to wait. */
  add(key: string, now: number): boolean {
    const known = this.#known.get(key);
    const fresh = known === undefined || now - known.last >= forgetMs;
    const failures = { count: fresh ? 1 : known.count + 1, last: now };
    this.#known.delete(key);
    this.#known.set(key, failures);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#most && oldest !== undefined) this.#known.delete(oldest);
    return failures.count === this.#free;
  }

  takeBack(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    if (known.count > 1) known.count -= 1;
    else this.#known.delete(key);
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

/** Who tries: `account` is a key of a configured account, null for any other name. */
export interface SignInAttempt {
  readonly address: string;
  readonly account: string | null;
  /** Stands for what was typed, which may be a password in the wrong field. */
  readonly name: string;
}

/**
 * How often passwords may be tried. An attempt counts as failed when it begins, so that many at once count
 * too. Only configured accounts are in their book: strangers can't push one out of it.
 */
export class SignInLimits {
  readonly #now: () => number;
  readonly #addresses = new Book(freeOfAddress, mostKnown);
  /** There are as many as are configured. */
  readonly #accounts = new Book(freeOfAccount, Infinity);
  /** Names of no account wait like accounts, so that waiting reveals nothing. */
  readonly #strangers = new Book(freeOfAccount, mostKnown);

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until this may be tried; 0: now. */
  waitMs({ address, account, name }: SignInAttempt): number {
    const now = this.#now();
    const ofName = account === null ? this.#strangers.waitMs(name, now) : this.#accounts.waitMs(account, now);
    return Math.max(ofName, this.#addresses.waitMs(networkOf(address), now));
  }

  /** Counts it as failed. Answers what has to wait from now on, and had not to before. */
  begin({ address, account, name }: SignInAttempt): readonly ('account' | 'address')[] {
    const now = this.#now();
    const byAddress = this.#addresses.add(networkOf(address), now);
    const byAccount = account !== null && this.#accounts.add(account, now);
    if (account === null) this.#strangers.add(name, now);
    return [...(byAccount ? (['account'] as const) : []), ...(byAddress ? (['address'] as const) : [])];
  }

  /** It succeeded. The address keeps its other failures: its owner may try the accounts of others. */
  succeeded({ address, account }: SignInAttempt): void {
    this.#addresses.takeBack(networkOf(address));
    if (account !== null) this.#accounts.forget(account);
  }
}
