/** A server that waits for a place. */
interface Waiting {
  readonly server: string;
  readonly go: () => void;
}

/**
 * The accounts that this process has in hand at once, however many servers there are: each takes memory.
 * When places are short, the next free one goes to the server with the fewest accounts in hand; of two
 * that have as many, to the one that has waited longer.
 */
export class HandPlaces {
  readonly #most: number;
  readonly #inHand = new Map<string, number>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits until one is free; dispose gives it back. Null: the signal came first. */
  async take(server: string, signal: AbortSignal): Promise<Disposable | null> {
    if (signal.aborted) return null;
    const got = await new Promise<boolean>((resolve) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        resolve(false);
      };
      const waiting: Waiting = {
        server,
        go: () => {
          signal.removeEventListener('abort', leave);
          resolve(true);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
      this.#give();
    });
    if (!got) return null;
    let back = false;
    return {
      [Symbol.dispose]: () => {
        if (back) return;
        back = true;
        this.#taken -= 1;
        this.#count(server, -1);
        this.#give();
      },
    };
  }

  #give(): void {
    while (this.#taken < this.#most) {
      const next = this.#next();
      if (next === null) return;
      this.#waiting.delete(next);
      this.#taken += 1;
      this.#count(next.server, 1);
      next.go();
    }
  }

  #next(): Waiting | null {
    let next: Waiting | null = null;
    for (const waiting of this.#waiting)
      if (next === null || this.#has(waiting) < this.#has(next)) next = waiting;
    return next;
  }

  #has({ server }: Waiting): number {
    return this.#inHand.get(server) ?? 0;
  }

  #count(server: string, change: number): void {
    const now = (this.#inHand.get(server) ?? 0) + change;
    if (now === 0) this.#inHand.delete(server);
    else this.#inHand.set(server, now);
  }
}
