import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a form may lie open, in milliseconds. */
const longestMs = 3_600_000;
/** Used keys that are remembered: of forms that are younger than that. */
const mostUsed = 10_000;

/**
 * Keys in forms that change something. A page of another site can have a browser send a form with its
 * user's credentials, but can't read ours, so it has no key. Each is good for one form and one time.
 */
export class FormKeys {
  readonly #secret = randomBytes(32);
  readonly #now: () => number;
  readonly #used = new Set<string>();

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A key for a form about this. */
  make(about: string): string {
    const head = `${this.#now()}.${randomBytes(12).toString('base64url')}`;
    return `${head}.${this.#sign(head, about)}`;
  }

  /** True once for each key, if it was made for this less than an hour ago. */
  take(key: string, about: string): boolean {
    const [made = '', nonce = '', signed = ''] = key.split('.');
    const head = `${made}.${nonce}`;
    const expected = Buffer.from(this.#sign(head, about));
    const given = Buffer.from(signed);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    const age = this.#now() - Number(made);
    if (!(age >= 0 && age < longestMs) || this.#used.has(nonce)) return false;
    this.#used.add(nonce);
    const [oldest] = this.#used;
    if (this.#used.size > mostUsed && oldest !== undefined) this.#used.delete(oldest);
    return true;
  }

  #sign(head: string, about: string): string {
    return createHmac('sha256', this.#secret).update(`${head}.${about}`).digest('base64url');
  }
}
