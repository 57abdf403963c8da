import { Buffer } from 'node:buffer';
import { frameTarget } from '../format/frames.ts';

/** A frame in the making, in memory that is used again for the next one. */
export class FrameBuffer {
  #memory = Buffer.allocUnsafe(2 * frameTarget);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was added, good until the next `clear`. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#memory.length));
      larger.set(this.bytes);
      this.#memory = larger;
    }
    this.#memory.set(piece, this.#length);
    this.#length = needed;
  }

  clear(): void {
    this.#length = 0;
  }
}
