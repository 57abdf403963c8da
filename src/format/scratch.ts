import { Buffer } from 'node:buffer';

/**
 * Memory used again for each piece of a stream. Fresh buffers would pile up by the tens of
 * megabytes before the collector sees them: to it they are small objects.
 */
export class Scratch {
  #memory = Buffer.alloc(0);

  /** At least `length` bytes of anything; the last taken ones are lost. */
  take(length: number): Buffer {
    if (this.#memory.length < length) this.#memory = Buffer.allocUnsafe(length);
    return this.#memory;
  }
}
