import { frameTarget } from '../format/frames.ts';

/** Bytes of a slab: one frame's worth of raw mail. */
export const slabSize = frameTarget;
const defaultLimit = 4 * slabSize;

/**
 * Memory that travels to a worker and back, bounded by bytes. Slabs are used again, so that the
 * bound is what the process really takes and not what the collector has yet to find.
 */
export class Slabs {
  readonly #limit: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #queue: (() => void)[] = [];
  #out = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** A slab of at least `length` bytes, when there is room for it. */
  async take(length: number): Promise<ArrayBuffer> {
    const size = Math.max(length, slabSize);
    // One that is larger than the limit goes alone.
    while (this.#out > 0 && this.#out + size > this.#limit) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#out += size;
    return (size === slabSize ? this.#free.pop() : undefined) ?? new ArrayBuffer(size);
  }

  /** Gives room back; `slab` is null when the memory itself is lost. */
  release(size: number, slab: ArrayBuffer | null): void {
    this.#out -= size;
    if (slab !== null && slab.byteLength === slabSize) this.#free.push(slab);
    for (const wake of this.#queue.splice(0)) wake();
  }
}
