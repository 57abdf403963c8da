import { freeOnce } from './seats.ts';

/** A place for the second connection of an account. */
export interface SecondPlace {
  readonly free: () => void;
  /** Aborted when another account waits for the place. */
  readonly wanted: AbortSignal;
}

/** Any network may fail: what a server is thought not to bear is tried again after this. */
const oneByOneMs = 60 * 60 * 1000;

/**
 * The connections to one server (`maxConnections`). How many accounts are worked on at a time is
 * decided elsewhere, so a first connection waits for nothing but second ones, which then give way.
 */
export class ServerPlaces {
  readonly #most: number;
  readonly #seconds = new Set<AbortController>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #lostTogether = -oneByOneMs;

  constructor(most: number) {
    this.#most = most;
  }

  /** A connection ended while several FETCH were on their way: for a while they go one by one. */
  lostTogether(): void {
    this.#lostTogether = performance.now();
  }

  get oneByOne(): boolean {
    return performance.now() - this.#lostTogether < oneByOneMs;
  }

  /** Answers a function that frees the place again. @throws the reason of the signal. */
  async first(signal?: AbortSignal): Promise<() => void> {
    if (this.#taken >= this.#most && this.#seconds.size > this.#waiting.length) await this.#next(signal);
    else this.#taken += 1;
    return freeOnce(() => this.#free());
  }

  /** Null: there is no place for a second connection. */
  second(): SecondPlace | null {
    if (this.#taken >= this.#most) return null;
    this.#taken += 1;
    const wanted = new AbortController();
    this.#seconds.add(wanted);
    const free = freeOnce(() => {
      this.#seconds.delete(wanted);
      this.#free();
    });
    return { free, wanted: wanted.signal };
  }

  async #next(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    let stopped = false;
    const stop = (): void => {
      const at = this.#waiting.indexOf(resolve);
      // It may have the place already.
      if (at < 0) return;
      stopped = true;
      this.#waiting.splice(at, 1);
      resolve();
    };
    signal?.addEventListener('abort', stop, { once: true });
    this.#waiting.push(resolve);
    void promise.then(() => signal?.removeEventListener('abort', stop));
    [...this.#seconds].find((second) => !second.signal.aborted)?.abort();
    await promise;
    if (stopped) signal?.throwIfAborted();
  }

  /** The next in the queue takes the place over. */
  #free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}
