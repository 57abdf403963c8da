/** Slowest upload that is still given time, in bytes per second. */
const slowestUpload = 16 * 1024;

/** How long it may take to send this many bytes. */
export function uploadMs(bytes: number): number {
  return Math.ceil((bytes / slowestUpload) * 1000);
}

/** Intervals after which what came must have come at the least rate: one byte each is no answer. */
const mostIntervals = 30;
/** In bytes a second, over all the time that the server was waited for. */
const leastRate = 1024;

/**
 * Calls `expire` once when nothing has moved for `milliseconds`. Every time it would fire it looks
 * at `progress` first, in bytes: as long as they keep coming, it keeps waiting, but not for ever when they
 * trickle. While `progress` is null, the server owes nothing.
 */
export class Deadline {
  readonly #milliseconds: number;
  readonly #progress: () => number | null;
  readonly #expire: () => void;
  readonly #timer: NodeJS.Timeout;
  #paused = false;
  #seen = 0;
  #begun = 0;
  #intervals = 0;

  constructor(milliseconds: number, progress: () => number | null, expire: () => void) {
    this.#milliseconds = milliseconds;
    this.#progress = progress;
    this.#expire = expire;
    this.#begin();
    this.#timer = setTimeout(() => this.#fire(), milliseconds);
  }

  /** While our own side works, the server owes nothing. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#timer.refresh();
  }

  /** For the next command of several. */
  restart(): void {
    this.#begin();
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #begin(): void {
    this.#seen = this.#progress() ?? this.#seen;
    this.#begun = this.#seen;
    this.#intervals = 0;
  }

  #fire(): void {
    const now = this.#progress();
    if (this.#paused || now === null) return void this.#timer.refresh();
    if (now === this.#seen) return this.#expire();
    this.#intervals += 1;
    const seconds = (this.#intervals * this.#milliseconds) / 1000;
    if (this.#intervals >= mostIntervals && now - this.#begun < leastRate * seconds) return this.#expire();
    this.#seen = now;
    this.#timer.refresh();
  }
}
