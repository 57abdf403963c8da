import { randomBytes } from 'node:crypto';
import { type AccountRef, sameAccount } from '../../domain/account.ts';

/** A session ends after this long without use, and in any case after the longer time; milliseconds. */
export const idleMs = 30 * 60_000;
export const longestMs = 8 * 3_600_000;
/** Sessions of one account, and in all. If there are more, those unused for the longest end. */
const mostOfOne = 5;
const mostInAll = 10_000;

export interface OwnerSession {
  readonly id: string;
  readonly account: AccountRef;
  /** The place that OwnerWay had at the sign-in. */
  readonly place: string;
}

interface Kept extends OwnerSession {
  readonly since: number;
  used: number;
}

/** Who is signed in. In memory only: a restart signs everyone out. */
export class OwnerSessions {
  readonly #now: () => number;
  /** Those unused for the longest come first. */
  readonly #sessions = new Map<string, Kept>();

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Opens a session with a new ID. */
  open(account: AccountRef, place: string): OwnerSession {
    const id = randomBytes(32).toString('base64url');
    const now = this.#now();
    const others = [...this.#sessions.values()].filter((one) => sameAccount(one.account, account));
    for (const old of others.slice(0, Math.max(0, others.length - mostOfOne + 1))) this.close(old.id);
    const { server, account: name } = account;
    this.#sessions.set(id, { id, account: { server, account: name }, place, since: now, used: now });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostInAll && oldest !== undefined) this.close(oldest);
    return { id, account, place };
  }

  /** The session with this ID, which now counts as used. Null if it does not exist or has ended. */
  find(id: string): OwnerSession | null {
    const found = this.#sessions.get(id);
    if (found === undefined) return null;
    const now = this.#now();
    this.close(id);
    if (!(now - found.used < idleMs && now - found.since < longestMs)) return null;
    found.used = now;
    this.#sessions.set(id, found);
    return found;
  }

  close(id: string): void {
    this.#sessions.delete(id);
  }
}
