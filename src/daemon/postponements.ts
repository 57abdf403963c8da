import { accountKey, type AccountRef } from '../domain/account.ts';
import { dayMs } from '../domain/dates.ts';
import type { Clock } from '../ports/clock.ts';
import type { Activity } from '../watch/daemon-state.ts';

const firstWaitMs = 5_000;
/** A lock or a pause ends at any time; what failed may need a person. */
const longestWaitMs = { busy: 5 * 60_000, failed: 60 * 60_000 };

/** Accounts whose jobs could not be done now. They are still due, and tried again with growing waits. */
export class Postponements {
  readonly #clock: Clock;
  readonly #activity: Activity;
  readonly #again: (ref: AccountRef) => void;
  readonly #waiting = new Map<
    string,
    { readonly ref: AccountRef; readonly tries: number; timer: NodeJS.Timeout }
  >();

  constructor(clock: Clock, activity: Activity, again: (ref: AccountRef) => void) {
    this.#clock = clock;
    this.#activity = activity;
    this.#again = again;
  }

  /** `until`: when it is known to be of use again. */
  later(ref: AccountRef, reason: string, why: keyof typeof longestWaitMs, until?: Date): void {
    const key = accountKey(ref);
    const before = this.#waiting.get(key);
    clearTimeout(before?.timer);
    const tries = (before?.tries ?? 0) + 1;
    const known = until === undefined ? 0 : Math.min(dayMs, until.getTime() - this.#clock.now().getTime());
    const wait = Math.max(known, Math.min(longestWaitMs[why], firstWaitMs * 2 ** (tries - 1)));
    const timer = setTimeout(() => this.#again(ref), wait);
    this.#waiting.set(key, { ref, tries, timer });
    this.#activity.postponed(ref, reason, new Date(this.#clock.now().getTime() + wait));
  }

  /** Its job is done, or the account is no longer configured. */
  forget(ref: AccountRef): void {
    const key = accountKey(ref);
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.delete(key);
    this.#activity.resumed(ref);
  }

  clear(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
