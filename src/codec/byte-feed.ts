import { releaseBehind } from '../format/dead-buffers.ts';

const highWater = 2 * 1024 * 1024;
/** Bytes handed out that `done` can free; of a longer stretch, the collector finds the rest. */
const mostSpent = 4 * 1024 * 1024;

/** Bytes on their way from requests to a reader that takes them in its own steps. Bounded. */
export class ByteFeed {
  readonly #pieces: Uint8Array[] = [];
  /** Pieces that were handed out to their end. */
  #spent: Uint8Array[] = [];
  #spentLength = 0;
  #queued = 0;
  #ended = false;
  #abandoned = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  /** Takes a piece over, with all the memory behind it; resolves when there is room for the next one. */
  async push(piece: Uint8Array): Promise<void> {
    if (this.#abandoned || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#queued += piece.length;
    this.#wakeReader?.();
    while (this.#queued > highWater && !this.#abandoned) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** The reader is gone: pieces are dropped from now on. */
  abandon(): void {
    this.#abandoned = true;
    this.#pieces.length = 0;
    this.#wakeWriter?.();
  }

  /** The next piece of at most `most` bytes; null after the end. */
  async next(most: number): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    const piece = this.#pieces.shift();
    if (piece === undefined) return null;
    const part = piece.subarray(0, most);
    if (part.length < piece.length) this.#pieces.unshift(piece.subarray(part.length));
    else this.#keepSpent(piece);
    this.#queued -= part.length;
    if (this.#queued <= highWater) this.#wakeWriter?.();
    return part;
  }

  /** Nobody reads any more what was handed out: frees it. */
  done(): void {
    for (const piece of this.#spent) releaseBehind(piece);
    this.forget();
  }

  /** Somebody may still read what was handed out: the collector is left to find out. */
  forget(): void {
    this.#spent = [];
    this.#spentLength = 0;
  }

  #keepSpent(piece: Uint8Array): void {
    if (this.#spentLength > mostSpent) return;
    this.#spent.push(piece);
    this.#spentLength += piece.buffer.byteLength;
  }
}

/** A stretch of a feed. What its reader leaves is skipped by `skip`. */
export class Stretch {
  readonly #feed: ByteFeed;
  #left: number;

  constructor(feed: ByteFeed, length: number) {
    this.#feed = feed;
    this.#left = length;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const piece = await this.#feed.next(this.#left);
      if (piece === null) return;
      this.#left -= piece.length;
      yield piece;
    }
  }

  async skip(): Promise<void> {
    for await (const piece of this.pieces()) void piece;
  }
}
