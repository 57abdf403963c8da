import { release } from '../format/dead-buffers.ts';
import type { Packing } from '../format/packing.ts';
import type { ReadObject } from '../ports/codec.ts';
import type { ByteRange } from '../ports/store.ts';
import type { FrameOutcome, TakenMessage } from './frame-outcome.ts';
import { readFrame } from './frame-reader.ts';
import type { FrameRun, Wish } from './frame-wishes.ts';
import { MessageArena } from './message-arena.ts';

/** Decodes frames in this thread, each as it streams: for single messages, and for large ones. */
export class HereDecoder {
  readonly #packing: Packing;
  readonly #read: ReadObject;
  readonly #arena = new MessageArena();

  constructor(packing: Packing, read: ReadObject) {
    this.#packing = packing;
    this.#read = read;
  }

  /** The outcome of each frame, one after another. @throws what reading throws before a frame begins. */
  async *frames(run: FrameRun): AsyncGenerator<FrameOutcome> {
    const piecesOf = reader(run, this.#read);
    for (const wish of run) yield await this.#collect(wish, piecesOf(wish));
  }

  /** Messages that came out whole before an error are good: their digests say so. */
  async #collect({ frame, indexes }: Wish, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    const wanted = new Set(indexes);
    const arena = this.#arena;
    const messages = new Map<number, TakenMessage>();
    // What is left of a frame that broke off.
    arena.take();
    const sink = {
      piece(place: number, data: Uint8Array): void {
        // A copy: the piece is a view of memory that is used again.
        if (wanted.has(frame.first + place)) arena.append(data);
      },
      end(place: number, fault: string | null): void {
        if (!wanted.has(frame.first + place)) return;
        const data = arena.take();
        messages.set(frame.first + place, { data, fault, release: () => release(data) });
      },
    };
    const { length, plainLength, compression } = frame;
    const { format } = this.#packing;
    const spec = { length, plainLength, format, compression, lines: frame.messages };
    try {
      await readFrame(spec, source, sink);
      return { messages, error: null };
    } catch (error) {
      return { messages, error };
    }
  }
}

/** Reads the frames of a run: one as it streams, several out of one read. */
function reader(
  run: FrameRun,
  read: ReadObject,
): (wish: Wish) => AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const range = rangeOf(run);
  // An empty member of a zip has no bytes, and no store answers a range without any.
  if (range.length === 0) return () => [];
  if (run.length === 1) return () => read(range);
  let once: Promise<Uint8Array> | null = null;
  return async function* ({ frame }) {
    once ??= gather(read, range);
    const piece = await once;
    yield piece.subarray(frame.offset - range.offset, frame.offset - range.offset + frame.length);
  };
}

/** The bytes of an object that hold these frames. */
export function rangeOf(run: FrameRun): ByteRange {
  const offset = run[0]?.frame.offset ?? 0;
  const end = run.reduce((most, { frame }) => Math.max(most, frame.offset + frame.length), offset);
  return { offset, length: end - offset };
}

/** The bytes of a range in one piece of memory, as far as they are there. */
export async function gather(read: ReadObject, range: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
  const gathered = new Uint8Array(range.length);
  let length = 0;
  for await (const piece of read(range)) {
    const fits = piece.subarray(0, range.length - length);
    gathered.set(fits, length);
    length += fits.length;
    release(piece);
  }
  return gathered.subarray(0, length);
}
