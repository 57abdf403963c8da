import { isIPv6 } from 'node:net';

/** After this many wrong tokens within the window, those of the address are answered slowly until it has passed. */
const most = 10;
const windowMs = 60_000;
/** Addresses remembered; beyond this number the oldest are forgotten. */
const mostAddresses = 10_000;

/** Counts wrong tokens by address, so that no one can try millions of them. */
export class LoginFailures {
  readonly #now: () => number;
  readonly #failures = new Map<string, { readonly since: number; count: number }>();

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until the address may try again; 0: now. */
  waitMs(address: string): number {
    const known = this.#failures.get(networkOf(address));
    if (known === undefined || known.count < most) return 0;
    return Math.max(0, known.since + windowMs - this.#now());
  }

  /** Returns true for the failure from which on the address is slowed down. */
  failed(address: string): boolean {
    const key = networkOf(address);
    const now = this.#now();
    const known = this.#failures.get(key);
    if (known !== undefined && now - known.since < windowMs) {
      known.count += 1;
      return known.count === most;
    }
    this.#failures.delete(key);
    this.#failures.set(key, { since: now, count: 1 });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > mostAddresses && oldest !== undefined) this.#failures.delete(oldest);
    return false;
  }
}

/** One IPv6 host has a whole /64 to itself. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':');
  const right = tail === undefined ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
