import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { bytes, type Bytes, sha256, type Sha256 } from '../domain/brands.ts';

/** Reads an object forward, keeping what has not been taken yet. */
export class ObjectReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  #read = 0;
  buffered: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Buffers at least `length` bytes; false when the object ends before. */
  async ensure(length: number): Promise<boolean> {
    const pieces: Uint8Array[] = [this.buffered];
    let have = this.buffered.length;
    let ended = false;
    while (have < length && !ended) {
      const result = await this.#source.next();
      ended = result.done === true;
      if (result.done === true) continue;
      const { value } = result;
      this.#hash.update(value);
      this.#read += value.length;
      have += value.length;
      pieces.push(value);
    }
    if (pieces.length > 1) this.buffered = Buffer.concat(pieces);
    return !ended;
  }

  take(length: number): Uint8Array {
    const taken = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    this.offset += taken.length;
    return taken;
  }

  /** Whether there is anything after what was taken. */
  async more(): Promise<boolean> {
    if (this.buffered.length === 0) await this.ensure(1);
    return this.buffered.length > 0;
  }

  digest(): { readonly bytes: Bytes; readonly sha256: Sha256 } {
    return { bytes: bytes(this.#read), sha256: sha256(this.#hash.digest('hex')) };
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
