import { createHash } from 'node:crypto';
import { sha256 } from '../domain/brands.ts';
import type { Sha256 } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import type { VerifyReport } from '../ports/codec.ts';
import { ByteFeed, Stretch } from './byte-feed.ts';
import { readFrame } from './frame-reader.ts';
import type { VerifyFrame } from './verify-protocol.ts';

interface Fault {
  readonly index: number | null;
  readonly reason: string;
}

/** One object being verified, inside the worker. */
export class VerifyJob {
  readonly #feed = new ByteFeed();
  readonly #hash = createHash('sha256');
  readonly #faults: Fault[] = [];
  readonly #work: Promise<unknown>;
  #bytes = 0;
  #messages = 0;

  constructor(frames: readonly VerifyFrame[]) {
    // The outcome is told by `close`, never thrown into nowhere.
    this.#work = this.#run(frames).then(
      () => null,
      (error: unknown) => {
        this.#feed.abandon();
        return error;
      },
    );
  }

  /** The next octets of the object. The memory is copied: it goes back to the main thread. */
  async push(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    await this.#feed.push(new Uint8Array(piece));
  }

  async close(): Promise<{ readonly report: VerifyReport; readonly bytes: number; readonly sha256: Sha256 }> {
    this.#feed.end();
    const error = await this.#work;
    if (error !== null) throw error instanceof Error ? error : new TypeError('the object could not be read');
    const report = { messages: this.#messages, faults: this.#faults };
    return { report, bytes: this.#bytes, sha256: sha256(this.#hash.digest('hex')) };
  }

  abandon(): void {
    this.#feed.abandon();
    this.#feed.end();
  }

  async #run(frames: readonly VerifyFrame[]): Promise<void> {
    for (const frame of frames) await this.#frame(frame);
    // Nothing may stand after the last frame; the main thread compares the length.
    await new Stretch(this.#feed, Number.POSITIVE_INFINITY).skip();
  }

  async #frame(frame: VerifyFrame): Promise<void> {
    const stretch = new Stretch(this.#feed, frame.length);
    let ended = 0;
    const sink = {
      piece: (): void => undefined,
      end: (place: number, fault: string | null): void => {
        ended = place + 1;
        if (fault === null) this.#messages++;
        else this.#faults.push({ index: frame.first + place, reason: fault });
      },
    };
    try {
      await readFrame(frame, stretch.pieces(), sink);
    } catch (error) {
      const reason = errorMessage(error);
      // A frame that fails after its last message counts against that one.
      const from = Math.min(ended, frame.lines.length - 1);
      for (let place = from; place < frame.lines.length; place++) {
        this.#faults.push({ index: frame.first + place, reason });
      }
    }
    await stretch.skip();
  }
}
