import { MothballError } from '../errors.ts';
import { type Frame, frames } from '../format/frame-layout.ts';
import { frameTarget, joined } from '../format/frames.ts';
import type { Packing } from '../format/packing.ts';
import type { ArchivedMessage, ReadableArchive, ReadObject } from '../ports/codec.ts';
import { readFrame } from './frame-reader.ts';
import { MessageArena } from './message-arena.ts';

interface Found {
  readonly data: Uint8Array;
  readonly fault: string | null;
}

/** A frame and the indexes wanted of it. */
interface Wish {
  readonly frame: Frame;
  readonly indexes: readonly number[];
}

/**
 * The wanted messages, one ranged read per frame; small frames that are beside each other, as in a
 * zip, share one. @throws MothballError `verify`, RangeError.
 */
export async function* decodeMessages(
  manifest: ReadableArchive,
  packing: Packing,
  wanted: readonly number[],
  read: ReadObject,
): AsyncGenerator<ArchivedMessage> {
  checkAscending(wanted, manifest.messages.length);
  const arena = new MessageArena();
  for (const run of runs(wishes(frames(manifest.messages, packing), wanted))) {
    const piecesOf = reader(run, read);
    for (const { frame, indexes } of run) {
      const { found, error } = await collect(frame, packing, { indexes, arena }, piecesOf(frame));
      for (const index of indexes) {
        const message = found.get(index);
        if (message === undefined)
          throw error instanceof Error ? error : damaged(manifest, index, 'it is not in its frame');
        if (message.fault !== null) throw damaged(manifest, index, message.fault);
        yield { index, data: message.data };
      }
    }
  }
}

function* wishes(list: readonly Frame[], wanted: readonly number[]): Generator<Wish> {
  let next = 0;
  for (const frame of list) {
    const end = frame.first + frame.messages.length;
    const indexes: number[] = [];
    for (let index = wanted[next]; index !== undefined && index < end; index = wanted[++next])
      indexes.push(index);
    if (indexes.length > 0) yield { frame, indexes };
  }
}

/** Wishes for neighbouring frames, together while they span no more than a frame's worth. */
function* runs(all: Iterable<Wish>): Generator<readonly Wish[]> {
  let run: Wish[] = [];
  for (const wish of all) {
    const [first] = run;
    const last = run.at(-1);
    const { frame } = wish;
    const near =
      first !== undefined &&
      last !== undefined &&
      frame.first === last.frame.first + last.frame.messages.length &&
      frame.offset >= last.frame.offset &&
      frame.offset + frame.length - first.frame.offset <= frameTarget;
    if (!near && run.length > 0) {
      yield run;
      run = [];
    }
    run.push(wish);
  }
  if (run.length > 0) yield run;
}

/** Reads the frames of a run: one as it streams, several out of one read. */
function reader(
  run: readonly Wish[],
  read: ReadObject,
): (frame: Frame) => AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const start = run[0]?.frame.offset ?? 0;
  const end = run.reduce((most, { frame }) => Math.max(most, frame.offset + frame.length), start);
  // An empty member of a zip has no bytes, and no store answers a range without any.
  if (end === start) return () => [];
  if (run.length === 1) return () => read({ offset: start, length: end - start });
  let once: Promise<Uint8Array> | null = null;
  return async function* (frame) {
    once ??= gather(read({ offset: start, length: end - start }));
    const piece = await once;
    yield piece.subarray(frame.offset - start, frame.offset - start + frame.length);
  };
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const gathered: Uint8Array[] = [];
  for await (const piece of pieces) gathered.push(piece);
  return joined(gathered);
}

/** Messages that came out whole before an error are good: their digests say so. */
async function collect(
  frame: Frame,
  { format }: Packing,
  { indexes, arena }: { readonly indexes: readonly number[]; readonly arena: MessageArena },
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly found: ReadonlyMap<number, Found>; readonly error: unknown }> {
  const wanted = new Set(indexes);
  const found = new Map<number, Found>();
  // What is left of a frame that broke off.
  arena.take();
  const sink = {
    piece(place: number, data: Uint8Array): void {
      // A copy: the piece is a view of memory that is used again.
      if (wanted.has(frame.first + place)) arena.append(data);
    },
    end(place: number, fault: string | null): void {
      if (wanted.has(frame.first + place)) found.set(frame.first + place, { data: arena.take(), fault });
    },
  };
  const { length, plainLength, compression } = frame;
  const spec = { length, plainLength, format, compression, lines: frame.messages };
  try {
    await readFrame(spec, source, sink);
    return { found, error: null };
  } catch (error) {
    return { found, error };
  }
}

function checkAscending(wanted: readonly number[], count: number): void {
  let last = -1;
  for (const index of wanted) {
    if (!Number.isInteger(index) || index <= last || index >= count) {
      throw new RangeError(`message ${index} is not in the archive, or not in ascending order`);
    }
    last = index;
  }
}

function damaged(manifest: ReadableArchive, index: number, why: string): MothballError {
  const { id, account, folder, key, store } = manifest.head;
  return new MothballError(
    {
      fact: `message ${index} of archive ${id} (${account}, ${JSON.stringify(folder)}) is damaged: ${why}; the object is ${key} in store "${store}"`,
      remedy: 'Run verify, and restore that object from a copy',
    },
    { code: 'verify' },
  );
}
