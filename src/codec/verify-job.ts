import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { joined } from '../format/frames.ts';
import type { Packing } from '../format/packing.ts';
import type { VerifyReport } from '../ports/codec.ts';
import { ByteFeed, Stretch } from './byte-feed.ts';
import { readFrame } from './frame-reader.ts';
import {
  longestFrameGap,
  longestTail,
  nothingAround,
  type ObjectEdgeCheck,
  tarEnd,
} from './object-edge-check.ts';
import type { VerifyFrame, VerifyLayout } from './verify-protocol.ts';
import { ZipCheck } from './zip-check.ts';

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

  /** `layout` null: the object as a whole is hashed, and nothing in it looked at. */
  constructor(layout: VerifyLayout | null) {
    // The outcome is reported by `close`, never an unhandled rejection.
    this.#work = this.#run(layout).then(
      () => null,
      (error: unknown) => {
        this.#feed.abandon();
        return error;
      },
    );
  }

  /** The next bytes of the object. The memory is copied: it goes back to the main thread. */
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

  async #run(layout: VerifyLayout | null): Promise<void> {
    if (layout !== null) await this.#walk(layout);
    // Nothing may follow the end; the main thread compares the length.
    await new Stretch(this.#feed, Number.POSITIVE_INFINITY).skip();
  }

  async #walk({ packing, frames, tail }: VerifyLayout): Promise<void> {
    const around = edgeCheckOf(packing);
    // One fault around the frames is reported, and the frames are still compared.
    let sound = true;
    const look = async (
      index: number | null,
      length: number,
      most: number,
      check: (found: Uint8Array) => void,
    ) => {
      const stretch = new Stretch(this.#feed, length);
      try {
        if (length > most)
          throw new MothballError({ fact: `${length} bytes that are not a message` }, { code: 'verify' });
        const found: Uint8Array[] = [];
        for await (const piece of stretch.pieces()) found.push(piece);
        if (sound) check(joined(found));
      } catch (error) {
        sound = false;
        this.#faults.push({ index, reason: errorMessage(error) });
        await stretch.skip();
      }
    };
    for (const frame of frames) {
      await look(frame.first, frame.gap, longestFrameGap, (gap) => around.before(gap, frame));
      await this.#frame(frame, around);
    }
    await look(null, tail, longestTail(frames.length), (found) => around.end(found));
  }

  async #frame(frame: VerifyFrame, around: ObjectEdgeCheck): Promise<void> {
    const stretch = new Stretch(this.#feed, frame.length);
    let ended = 0;
    const sink = {
      piece: (_place: number, data: Uint8Array): void => around.content(data),
      end: (place: number, fault: string | null): void => {
        ended = place + 1;
        if (fault === null) this.#messages++;
        else this.#faults.push({ index: frame.first + place, reason: fault });
      },
    };
    let clean = false;
    try {
      await readFrame(frame, stretch.pieces(), sink);
      clean = true;
    } catch (error) {
      const reason = errorMessage(error);
      // A frame that fails after its last message counts against that one.
      const from = Math.min(ended, frame.lines.length - 1);
      for (let place = from; place < frame.lines.length; place++) {
        this.#faults.push({ index: frame.first + place, reason });
      }
    }
    await stretch.skip();
    // Where decoding broke off, a thread of zlib may be reading its input yet.
    if (clean) this.#feed.done();
    else this.#feed.forget();
  }
}

function edgeCheckOf({ format, compression }: Packing): ObjectEdgeCheck {
  switch (format) {
    case 'mbox':
      return nothingAround;
    case 'maildir-tar':
      return tarEnd(compression);
    case 'eml-zip':
      return new ZipCheck();
  }
}
