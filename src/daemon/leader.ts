import type { Lock, Locks } from '../ports/locks.ts';

/** Whether this daemon does what one of several does for all: scans, scrub, expire, the series of accounts. */
export class Leadership {
  readonly #locks: Locks;
  #lock: Lock | null = null;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /** Of two that believe it for a moment, each does only what may be done twice, or takes a lock of its own for it. */
  get leads(): boolean {
    return this.#lock !== null && !this.#lock.lost.aborted;
  }

  /** At each beat. True: it has become the leader just now. */
  async look(): Promise<boolean> {
    if (this.leads) return false;
    await this.#lock?.[Symbol.asyncDispose]();
    this.#lock = await this.#locks.leader();
    return this.#lock !== null;
  }

  /** Another one may lead at once. */
  async resign(): Promise<void> {
    const lock = this.#lock;
    this.#lock = null;
    await lock?.[Symbol.asyncDispose]();
  }
}
