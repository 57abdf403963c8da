import type { Lock } from '../ports/locks.ts';

/** How often it is asked for a free place, in milliseconds. */
const askEveryMs = 100;
/** A place that is free again is kept this long for the next account, which saves the database two writes. */
const idleMs = 100;
/** After this long it is given back even so: other replicas wait for it too. */
const heldMs = 2000;

/** A place of all replicas that this process has. */
interface Place {
  readonly lock: Lock;
  readonly since: number;
}

/** A place that a connection has. Given back by dispose. */
export interface TakenPlace extends AsyncDisposable {
  /** Aborted when another process was given it. */
  readonly lost: AbortSignal;
}

/** The places of one kind, for which all replicas together have a number. */
export class SharedPlaces {
  readonly #take: () => Promise<Lock | null>;
  readonly #signal: AbortSignal;
  readonly #idle = new Map<Place, NodeJS.Timeout>();
  /** In the order in which they came. */
  readonly #waiting = new Set<(place: Place) => void>();
  #closed = false;
  /** All were taken: before then nobody asks. */
  #askAgain = 0;

  constructor(take: () => Promise<Lock | null>, signal: AbortSignal) {
    this.#take = take;
    this.#signal = signal;
  }

  /** Waits until one is free. @throws `database`, the reason of the signal. */
  async take(): Promise<TakenPlace> {
    const place = await this.#next();
    let back = false;
    return {
      lost: place.lock.lost,
      [Symbol.asyncDispose]: async () => {
        if (back) return;
        back = true;
        await this.#back(place);
      },
    };
  }

  /** Gives back what is kept. */
  async close(): Promise<void> {
    this.#closed = true;
    const kept = [...this.#idle.keys()];
    for (const place of kept) this.#pick(place);
    await Promise.all(kept.map(({ lock }) => lock[Symbol.asyncDispose]()));
  }

  async #next(): Promise<Place> {
    for (;;) {
      this.#signal.throwIfAborted();
      for (const place of [...this.#idle.keys()].toReversed()) {
        this.#pick(place);
        if (isSure(place)) return place;
        await place.lock[Symbol.asyncDispose]();
      }
      if (performance.now() >= this.#askAgain) {
        // One of those who wait asks for all of them.
        this.#askAgain = performance.now() + askEveryMs * (0.5 + Math.random());
        const lock = await this.#take();
        if (lock !== null) return { lock, since: performance.now() };
      }
      const place = await this.#handed();
      if (place !== null) return place;
    }
  }

  /** One that another account of this process is done with; null: none came, ask for one. */
  #handed(): Promise<Place | null> {
    return new Promise((resolve) => {
      const hand = (place: Place | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(hand);
        resolve(place);
      };
      const timer = setTimeout(() => hand(null), Math.max(1, this.#askAgain - performance.now()));
      this.#waiting.add(hand);
    });
  }

  async #back(place: Place): Promise<void> {
    const keeps = !this.#closed && performance.now() - place.since < heldMs && isSure(place);
    if (!keeps) return await place.lock[Symbol.asyncDispose]();
    const [next] = this.#waiting;
    if (next !== undefined) return next(place);
    const timer = setTimeout(() => {
      this.#idle.delete(place);
      void place.lock[Symbol.asyncDispose]();
    }, idleMs);
    this.#idle.set(place, timer);
  }

  #pick(place: Place): void {
    clearTimeout(this.#idle.get(place));
    this.#idle.delete(place);
  }
}

/** Whether it was proved a moment ago: a process that was frozen does not know how long. */
function isSure({ lock }: Place): boolean {
  try {
    lock.require();
    return true;
  } catch {
    return false;
  }
}
