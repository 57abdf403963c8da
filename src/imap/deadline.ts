/**
 * Calls `expire` once when nothing has moved for `milliseconds`. Every time it would fire it looks
 * at `progress` first: as long as bytes keep coming, it keeps waiting.
 */
export class Deadline {
  readonly #milliseconds: number;
  readonly #progress: () => number;
  readonly #expire: () => void;
  #timer: NodeJS.Timeout | null = null;
  #seen: number;

  constructor(milliseconds: number, progress: () => number, expire: () => void) {
    this.#milliseconds = milliseconds;
    this.#progress = progress;
    this.#expire = expire;
    this.#seen = progress();
    this.resume();
  }

  /** While our own side works, the server owes nothing. */
  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  resume(): void {
    this.pause();
    this.#timer = setTimeout(() => this.#fire(), this.#milliseconds);
  }

  stop(): void {
    this.pause();
  }

  #fire(): void {
    const now = this.#progress();
    if (now === this.#seen) return this.#expire();
    this.#seen = now;
    this.resume();
  }
}
