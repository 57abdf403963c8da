/** Frees a place; the second call does nothing. */
type Free = () => void;

/** A place for a second login. */
export interface SecondPlace {
  readonly free: Free;
  /** Aborted when a first login waits for the place. */
  readonly wanted: AbortSignal;
}

/**
 * The connections to one server (`maxConnections`). How many accounts are worked on at a time is
 * decided elsewhere, so a first login waits for nothing but second ones, which then give way.
 */
export class Places {
  readonly #most: number;
  readonly #seconds = new Set<AbortController>();
  readonly #waiting: Free[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Answers a function that frees the place again. */
  async first(): Promise<Free> {
    if (this.#taken >= this.#most && this.#seconds.size > this.#waiting.length) {
      const waits = new Promise<void>((resolve) => void this.#waiting.push(resolve));
      const [second] = [...this.#seconds].filter(({ signal }) => !signal.aborted);
      second?.abort();
      await waits;
    } else this.#taken += 1;
    return once(() => this.#free());
  }

  /** Null: there is no place for a second login, or somebody waits for one. */
  second(): SecondPlace | null {
    if (this.#taken >= this.#most) return null;
    this.#taken += 1;
    const wanted = new AbortController();
    this.#seconds.add(wanted);
    const free = once(() => {
      this.#seconds.delete(wanted);
      this.#free();
    });
    return { free, wanted: wanted.signal };
  }

  /** The next in the queue takes the place over. */
  #free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}

function once(step: () => void): Free {
  let done = false;
  return () => {
    if (!done) step();
    done = true;
  };
}
