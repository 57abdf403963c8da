import { networkOf } from '../login-failures.ts';

/** Failures without a wait: of one account, and of one address, which many people may share. */
const freeOfAccount = 3;
const freeOfAddress = 10;
/** The wait after the next failure, and the longest. It doubles with each failure; milliseconds. */
const firstWaitMs = 2_000;
const longestWaitMs = 15 * 60_000;
/** Failures are forgotten when the last is this old, in milliseconds. */
const forgetMs = 3_600_000;
/** In an office behind one address someone always mistypes, so its count is halved this often. */
const halveMs = 10 * 60_000;
/** Addresses that are remembered, and names as they were typed. If there are more, the oldest are forgotten. */
const mostKnown = 10_000;

interface Failures {
  count: number;
  last: number;
  /** When the count was last due to be halved. */
  halved: number;
}

interface Rules {
  readonly free: number;
  readonly most: number;
  /** Null: counts are never halved. */
  readonly halveMs: number | null;
}

/** Counts failures by key. The first `free` of them lead to no wait. */
class Book {
  readonly #rules: Rules;
  readonly #known = new Map<string, Failures>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  waitMs(key: string, now: number): number {
    const known = this.#find(key, now);
    const { free } = this.#rules;
    if (known === undefined || known.count < free) return 0;
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(30, known.count - free));
    return Math.max(0, known.last + wait - now);
  }

  /** True for the failure that first makes the key wait. */
  add(key: string, now: number): boolean {
    const { count, halved } = this.#find(key, now) ?? { count: 0, halved: now };
    this.#known.delete(key);
    this.#known.set(key, { count: count + 1, last: now, halved });
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#rules.most && oldest !== undefined) this.#known.delete(oldest);
    return count + 1 === this.#rules.free;
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

  #find(key: string, now: number): Failures | undefined {
    const known = this.#known.get(key);
    if (known === undefined || now - known.last >= forgetMs) return undefined;
    if (this.#rules.halveMs === null) return known;
    const times = Math.floor((now - known.halved) / this.#rules.halveMs);
    known.count = Math.floor(known.count / 2 ** times);
    known.halved += times * this.#rules.halveMs;
    return known;
  }
}

/** One try. `account` is the key of a configured account, or null for any other name. */
export interface SignInAttempt {
  readonly address: string;
  readonly account: string | null;
  /** A digest of the name as it was typed, whatever the server: someone may have typed their password there. */
  readonly name: string;
}

/**
 * How often passwords may be tried. An attempt counts as failed as soon as it begins, so that simultaneous
 * attempts count, too. Accounts have a book of their own, so that made-up names can't push one out of it.
 */
export class SignInLimits {
  readonly #now: () => number;
  readonly #addresses = new Book({ free: freeOfAddress, most: mostKnown, halveMs });
  /** Never full: it has at most the accounts of the configuration. */
  readonly #accounts = new Book({ free: freeOfAccount, most: Infinity, halveMs: null });
  /** Every name has to wait, whether it is an account or not, so that waiting reveals nothing. */
  readonly #names = new Book({ free: freeOfAccount, most: mostKnown, halveMs: null });

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until this attempt may begin. */
  waitMs({ address, account, name }: SignInAttempt): number {
    const now = this.#now();
    return Math.max(
      account === null ? 0 : this.#accounts.waitMs(account, now),
      this.#names.waitMs(name, now),
      this.#addresses.waitMs(networkOf(address), now),
    );
  }

  /** Counts it as failed. Returns what has to wait from now on and did not before. */
  begin({ address, account, name }: SignInAttempt): readonly ('account' | 'address')[] {
    const now = this.#now();
    const byAddress = this.#addresses.add(networkOf(address), now);
    const byAccount = account !== null && this.#accounts.add(account, now);
    this.#names.add(name, now);
    return [...(byAccount ? (['account'] as const) : []), ...(byAddress ? (['address'] as const) : [])];
  }

  /** It succeeded. The address keeps its other failures: someone with one account may be trying others. */
  succeeded({ address, account, name }: SignInAttempt): void {
    this.#addresses.takeBack(networkOf(address));
    this.#names.forget(name);
    if (account !== null) this.#accounts.forget(account);
  }

  /** It was not checked, so it was not a guess. It still counts for the address. */
  unchecked({ account, name }: SignInAttempt): void {
    this.#names.takeBack(name);
    if (account !== null) this.#accounts.takeBack(account);
  }
}
