import { accountKey, type AccountRef } from '../domain/account.ts';
import { dayMs } from '../domain/dates.ts';
import type { Clock } from '../ports/clock.ts';
import type { Activity } from '../watch/daemon-state.ts';

const firstWaitMs = 5_000;
/** When it is asked again for an account whose job could not be added. */
const askAgainMs = 60_000;
/** A lock or a pause ends at any time; what failed may need a person. */
const longestWaitMs = { busy: 5 * 60_000, failed: 60 * 60_000 };

/** Why and for how long a job is put off. */
export interface Delay {
  readonly reason: string;
  /** `busy`: it could not be tried. */
  readonly why: keyof typeof longestWaitMs;
  /** How often it was put off before, by whichever replica. */
  readonly tries: number;
  /** When it is known to be of use again. */
  readonly until?: Date | undefined;
}

/** Adds a job. False: there is one that does not know how often it was put off. Must not throw. */
type Again = (ref: AccountRef, tries: number) => Promise<boolean>;

/** Accounts whose jobs could not be done now. They are still due, and tried again with growing waits. */
export class Postponements {
  readonly #clock: Clock;
  readonly #activity: Activity;
  readonly #again: Again;
  readonly #waiting = new Map<string, Postponement>();

  constructor(clock: Clock, activity: Activity, again: Again) {
    this.#clock = clock;
    this.#activity = activity;
    this.#again = again;
  }

  later(ref: AccountRef, { reason, why, tries: before, until }: Delay): void {
    const key = accountKey(ref);
    const known = this.#waiting.get(key);
    clearTimeout(known?.timer);
    const tries = Math.max(before, known?.tries ?? 0) + 1;
    const pause = until === undefined ? 0 : Math.min(dayMs, until.getTime() - this.#clock.now().getTime());
    const wait = Math.max(pause, Math.min(longestWaitMs[why], firstWaitMs * 2 ** (tries - 1)));
    this.#wait(ref, tries, wait);
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

  #wait(ref: AccountRef, tries: number, ms: number): void {
    const timer = setTimeout(() => void this.#ask(ref, mine), ms);
    const mine: Postponement = { tries, timer };
    this.#waiting.set(accountKey(ref), mine);
  }

  async #ask(ref: AccountRef, mine: Postponement): Promise<void> {
    const key = accountKey(ref);
    this.#activity.resumed(ref);
    const accepted = await this.#again(ref, mine.tries);
    // Its job may have ended here meanwhile, or everything stops.
    if (this.#waiting.get(key) !== mine) return;
    // The job knows how often it was tried; whoever gets it continues from there.
    if (accepted) this.#waiting.delete(key);
    // Another job of the account does not know it: it is remembered here, until one does.
    else this.#wait(ref, mine.tries, askAgainMs);
  }
}

interface Postponement {
  readonly tries: number;
  readonly timer: NodeJS.Timeout;
}
