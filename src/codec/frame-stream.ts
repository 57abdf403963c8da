import type { Duplex } from 'node:stream';
import { releaseFilled } from '../format/dead-buffers.ts';
import { type FrameCompression, frameCompressor } from '../format/frames.ts';
import { ZstdFrameWalk } from '../format/zstd-walk.ts';

/** One frame that is compressed as it comes. */
export class FrameStream {
  readonly #compressor: Duplex | null;
  readonly #output: (data: Uint8Array) => void;
  readonly #drained: Promise<void>;

  constructor(compression: FrameCompression, output: (data: Uint8Array) => void) {
    const walk = compression === 'zstd' ? new ZstdFrameWalk() : null;
    // Node may end a zstd frame twice; the empty second one is cut off.
    this.#output = (data) => output(walk === null ? data : data.subarray(0, walk.push(data)));
    this.#compressor = frameCompressor(compression);
    this.#drained = this.#drain();
    // Reported by `write` or `end`, never an unhandled rejection.
    this.#drained.catch(() => undefined);
  }

  /** Takes a piece; resolves when the compressor is done with its memory. */
  async write(piece: Uint8Array): Promise<void> {
    const compressor = this.#compressor;
    if (compressor === null) {
      this.#output(piece);
      return;
    }
    try {
      await new Promise<void>((resolve, reject) => {
        compressor.write(piece, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      // The draining side always knows the cause.
      await this.#drained;
      throw error;
    }
  }

  /** Resolves when everything has gone to the output. */
  async end(): Promise<void> {
    this.#compressor?.end();
    await this.#drained;
  }

  /** Gives the frame up; safe after `end`. */
  discard(): void {
    this.#compressor?.destroy();
  }

  async #drain(): Promise<void> {
    if (this.#compressor === null) return;
    const compressed: AsyncIterable<Uint8Array> = this.#compressor;
    for await (const data of compressed) {
      this.#output(data);
      releaseFilled(data);
    }
  }
}
