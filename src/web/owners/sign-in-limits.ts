import { networkOf } from '../login-failures.ts';

/** Failures that cost no time: of one account, and of one address, which many may share. */
const freeOfAccount = 3;
const freeOfAddress = 10;
/** The wait after the next failure; it doubles with each, up to the second. Milliseconds. */
const firstWaitMs = 2_000;
const longestWaitMs = 15 * 60_000;
/** Failures are forgotten when the last is this old, in milliseconds. */
const forgetMs = 3_600_000;
/** An office behind one address mistypes now and then: its count is halved each time this has passed. */
const halveMs = 10 * 60_000;
/** Addresses, and names as they were typed, that are remembered; beyond this the oldest are forgotten. */
const mostKnown = 10_000;

interface Failures {
  count: number;
  last: number;
  /** When the count was halved, or would have been. */
  halved: number;
}

interface Rules {
  readonly free: number;
  readonly most: number;
  /** Null: it is never halved. */
  readonly halveMs: number | null;
}

/** Failures by key. `free` of them cost no time. */
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

  /** True for the failure from which on the key has to wait. */
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

/** Who tries: `account` is a key of a configured account, null for any other name. */
export interface SignInAttempt {
  readonly address: string;
  readonly account: string | null;
  /** Stands for what was typed as a name, whatever server beside it: it may be a password in the wrong field. */
  readonly name: string;
}

/**
 * How often passwords may be tried. An attempt counts as failed when it begins, so that many at once count
 * too. Only configured accounts are in their book: strangers can't push one out of it.
 */
export class SignInLimits {
  readonly #now: () => number;
  readonly #addresses = new Book({ free: freeOfAddress, most: mostKnown, halveMs });
  /** There are as many as are configured. */
  readonly #accounts = new Book({ free: freeOfAccount, most: Infinity, halveMs: null });
  /** Names wait alike whether they are of an account or not, so that waiting reveals nothing. */
  readonly #names = new Book({ free: freeOfAccount, most: mostKnown, halveMs: null });

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until this may be tried; 0: now. */
  waitMs({ address, account, name }: SignInAttempt): number {
    const now = this.#now();
    return Math.max(
      account === null ? 0 : this.#accounts.waitMs(account, now),
      this.#names.waitMs(name, now),
      this.#addresses.waitMs(networkOf(address), now),
    );
  }

  /** Counts it as failed. Answers what has to wait from now on, and had not to before. */
  begin({ address, account, name }: SignInAttempt): readonly ('account' | 'address')[] {
    const now = this.#now();
    const byAddress = this.#addresses.add(networkOf(address), now);
    const byAccount = account !== null && this.#accounts.add(account, now);
    this.#names.add(name, now);
    return [...(byAccount ? (['account'] as const) : []), ...(byAddress ? (['address'] as const) : [])];
  }

  /** It succeeded. The address keeps its other failures: its owner may try the accounts of others. */
  succeeded({ address, account, name }: SignInAttempt): void {
    this.#addresses.takeBack(networkOf(address));
    this.#names.forget(name);
    if (account !== null) this.#accounts.forget(account);
  }

  /** Nobody checked it, so it was no guess; the address keeps it. */
  unchecked({ account, name }: SignInAttempt): void {
    this.#names.takeBack(name);
    if (account !== null) this.#accounts.takeBack(account);
  }
}
