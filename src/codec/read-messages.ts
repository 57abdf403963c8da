import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import { frames } from '../format/frame-layout.ts';
import type { Frame } from '../format/frame-layout.ts';
import type { Manifest } from '../format/manifest-types.ts';
import type { Packing } from '../format/packing.ts';
import type { ArchivedMessage, ReadObject } from '../ports/codec.ts';
import { readFrame } from './frame-reader.ts';

interface Found {
  readonly data: Uint8Array;
  readonly fault: string | null;
}

/** The wanted messages, one ranged read per frame. @throws MothballError `verify`, RangeError. */
export async function* readMessages(
  manifest: Manifest,
  packing: Packing,
  wanted: readonly number[],
  read: ReadObject,
): AsyncGenerator<ArchivedMessage> {
  checkAscending(wanted, manifest.messages.length);
  let next = 0;
  for (const frame of frames(manifest.messages, packing)) {
    const end = frame.first + frame.messages.length;
    const here: number[] = [];
    for (let index = wanted[next]; index !== undefined && index < end; index = wanted[++next])
      here.push(index);
    if (here.length === 0) continue;
    const { found, error } = await collect(frame, packing, here, read);
    for (const index of here) {
      const message = found.get(index);
      if (message === undefined)
        throw error instanceof Error ? error : damaged(manifest, index, 'it is not in its frame');
      if (message.fault !== null) throw damaged(manifest, index, message.fault);
      yield { index, data: message.data };
    }
  }
}

/** Messages that came out whole before an error are good: their digests say so. */
async function collect(
  frame: Frame,
  { format }: Packing,
  indexes: readonly number[],
  read: ReadObject,
): Promise<{ readonly found: ReadonlyMap<number, Found>; readonly error: unknown }> {
  const wanted = new Set(indexes);
  const found = new Map<number, Found>();
  let pieces: Uint8Array[] = [];
  const sink = {
    piece(place: number, data: Uint8Array): void {
      // A copy, which Buffer's own slice is not: the piece is a view of memory that is used again.
      if (wanted.has(frame.first + place)) pieces.push(new Uint8Array(data));
    },
    end(place: number, fault: string | null): void {
      if (wanted.has(frame.first + place)) found.set(frame.first + place, { data: whole(pieces), fault });
      pieces = [];
    },
  };
  const { offset, length, plainLength, compression } = frame;
  const spec = { length, plainLength, format, compression, lines: frame.messages };
  try {
    // An empty member of a zip has no octets, and no store answers a range without any.
    await readFrame(spec, length === 0 ? [] : read({ offset, length }), sink);
    return { found, error: null };
  } catch (error) {
    return { found, error };
  }
}

function whole(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
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

function damaged(manifest: Manifest, index: number, why: string): MothballError {
  const { id, account, folder, key, store } = manifest.head;
  return new MothballError(
    `message ${index} of archive ${id} (${account}, ${JSON.stringify(folder)}) is damaged: ${why}; ` +
      `the object is ${key} in store ${store}: run verify, and restore that object from a copy`,
    { code: 'verify' },
  );
}
