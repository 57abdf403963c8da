import { setTimeout as sleep } from 'node:timers/promises';

/** Called with the time that a session waited for its server's byte budget, in milliseconds. */
export type Throttled = (server: string, waitedMs: number) => void;

/**
 * The bytes that all sessions of one process may read from one server in a second. What was taken
 * beyond that delays the next session.
 */
export class Pace {
  readonly #perMs: number;
  readonly #waited: (ms: number) => void;
  readonly #signal: AbortSignal | undefined;
  /** When all that was taken so far will have been allowed. */
  #free = 0;

  constructor(bytesPerSecond: number, waited: (ms: number) => void, signal?: AbortSignal) {
    this.#perMs = bytesPerSecond / 1000;
    this.#waited = waited;
    this.#signal = signal;
  }

  /** Resolves when these bytes may be asked for. @throws the reason of the signal. */
  async take(bytes: number): Promise<void> {
    const now = performance.now();
    const wait = Math.max(0, this.#free - now);
    this.#free = Math.max(this.#free, now) + bytes / this.#perMs;
    if (wait === 0) return;
    this.#waited(wait);
    await sleep(wait, undefined, this.#signal === undefined ? {} : { signal: this.#signal }).catch(
      (error: unknown) => {
        this.#signal?.throwIfAborted();
        throw error;
      },
    );
  }
}
