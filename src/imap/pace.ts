import { setTimeout as sleep } from 'node:timers/promises';

/** Called with the time that a session waited for its server's byte budget, in milliseconds. */
export type Throttled = (server: string, waitedMs: number) => void;

/** Takes bytes of a server's budget, of all processes together: how long to wait first; null: it is not shared. */
export type SharedBudget = (server: string, bytes: number, perSecond: number) => Promise<number | null>;

interface PaceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: the sessions of this process share it. */
  readonly shared?: ((bytes: number, perSecond: number) => Promise<number | null>) | undefined;
}

/** What is read without being announced is taken in parts of this many seconds' worth: each may ask the database. */
const partSeconds = 0.05;

/**
 * The bytes that all sessions may read from one server in a second. What was taken beyond that delays
 * the next session.
 */
export class Pace {
  readonly #perMs: number;
  readonly #waited: (ms: number) => void;
  readonly #options: PaceOptions;
  /** When all that was taken so far will have been allowed. */
  #free = 0;
  /** Read, and not yet taken. */
  #owed = 0;

  constructor(bytesPerSecond: number, waited: (ms: number) => void, options: PaceOptions = {}) {
    this.#perMs = bytesPerSecond / 1000;
    this.#waited = waited;
    this.#options = options;
  }

  /** Resolves when these bytes may be asked for. @throws the reason of the signal; `database`. */
  async take(bytes: number): Promise<void> {
    const { signal, shared } = this.#options;
    const wait = (await shared?.(bytes, this.#perMs * 1000)) ?? this.#own(bytes);
    if (wait === 0) return;
    this.#waited(wait);
    await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }

  /** Takes what was read already, with what others read, once it is worth it. @throws as `take`. */
  async settle(bytes: number): Promise<void> {
    this.#owed += bytes;
    if (this.#owed < this.#perMs * 1000 * partSeconds) return;
    const owed = this.#owed;
    this.#owed = 0;
    await this.take(owed);
  }

  #own(bytes: number): number {
    const now = performance.now();
    const wait = Math.max(0, this.#free - now);
    this.#free = Math.max(this.#free, now) + bytes / this.#perMs;
    return wait;
  }
}

/** Commands of a change of mail. */
const changes: ReadonlySet<string> = new Set(['UID STORE', 'UID EXPUNGE', 'UID MOVE']);

/** What one session reads of a budget. */
export class Meter {
  readonly #pace: Pace;
  readonly #received: () => number;
  #counted = 0;
  /** Taken before they came. */
  #ahead = 0;
  /** A change was begun, and the folder was not looked at since. */
  #changing = false;

  constructor(pace: Pace, received: () => number) {
    this.#pace = pace;
    this.#received = received;
  }

  /** Before mail of this size is asked for. @throws as `Pace.take`. */
  async take(bytes: number): Promise<void> {
    await this.#pace.take(bytes);
    this.#ahead += bytes;
  }

  /** Before a command: what the ones before it brought beyond what was taken ahead. @throws as `Pace.take`. */
  async settleBefore(command: string): Promise<void> {
    // A session that ends reads nothing more.
    if (command === 'LOGOUT' || this.#isChange(command)) return;
    const came = this.#received() - this.#counted;
    this.#counted += came;
    const taken = Math.min(this.#ahead, came);
    this.#ahead -= taken;
    await this.#pace.settle(came - taken);
  }

  /**
   * Whether this is a part of a change of mail, up to the look at the folder after it. A wait in the middle
   * of one would leave our marks in the folder, and what was checked a moment ago would be old.
   */
  #isChange(command: string): boolean {
    const before = this.#changing;
    if (changes.has(command)) this.#changing = true;
    else if (command === 'SELECT' || command === 'EXAMINE') this.#changing = false;
    return before || this.#changing;
  }
}
