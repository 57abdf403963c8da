import { isIPv4, isIPv6 } from 'node:net';

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

/** What is no address counts as one. */
const noAddress = 'unknown';

/**
 * The address without the port and brackets that a proxy may add; of IPv6 the /64 in one spelling, which one
 * host has to itself.
 */
export function networkOf(said: string | undefined): string {
  // A connection that has ended says nothing.
  const bare = (said ?? '')
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '');
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return noAddress;
  const groups = groupsOf(bare);
  const [high = 0, low = 0] = groups.slice(6);
  // IPv4 as IPv6 has it (RFC 4291 §2.5.5.2).
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The parser of addresses in URLs writes all of them in one way, an IPv4 part too.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((digits) => Number.parseInt(digits, 16));
  const [left, right] = [numbers(head), numbers(tail ?? '')];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
