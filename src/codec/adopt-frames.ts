import { Buffer } from 'node:buffer';
import { bytes, type Bytes, type Sha256 } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import { gzipMemberLength, zstdFrameLength } from '../format/frame-length.ts';
import { decompressFirst, decompressFrame, type FrameCompression, frameTarget } from '../format/frames.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Packing } from '../format/packing.ts';
import { isTarEnd, padded, tarEndLength, TarWalk } from '../format/tar-walk.ts';
import type { ReadObject } from '../ports/codec.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { ObjectReader } from './object-reader.ts';

export interface Adopted {
  readonly messages: readonly ManifestMessage[];
  readonly bytes: Bytes;
  readonly sha256: Sha256;
}

type Framed = Exclude<Packing, { readonly format: 'eml-zip' }>;

/** Longest From_ line, or run of tar headers before a file, that counts as one, in bytes. */
const longestHead = { mbox: 1024, 'maildir-tar': 16 * 1024 } as const;

/**
 * Decodes an object without its manifest against the lines we would have written; null unless it
 * holds exactly those messages in that order. Holds one frame in memory at a time.
 */
export async function adoptFrames(
  expected: readonly ManifestMessage[],
  kind: Framed,
  read: ReadObject,
): Promise<Adopted | null> {
  const object = new ObjectReader(read());
  const found: ManifestMessage[] = [];
  try {
    while (found.length < expected.length) {
      const lines = await nextFrame(object, expected.slice(found.length), kind);
      if (lines.length === 0) return null;
      found.push(...lines);
    }
    if (kind.format === 'maildir-tar' && !(await takeTarEnd(object, kind.compression))) return null;
    return (await object.more()) ? null : { messages: found, ...object.digest() };
  } catch (error) {
    if (isError(error, 'verify')) return null;
    throw error;
  } finally {
    await object.close();
  }
}

/** The lines of the frame that the object continues with; empty when it is not as expected. */
async function nextFrame(
  object: ObjectReader,
  rest: readonly ManifestMessage[],
  { format, compression }: Framed,
): Promise<readonly ManifestMessage[]> {
  const offset = object.offset;
  if (compression === 'none') {
    // Without compression a frame is any range of bytes: one message each.
    const next = rest.slice(0, 1);
    const length = next.reduce((sum, line) => sum + line.stored.length, 0);
    const start = await headLength(object, format, length);
    const frame = object.take(format === 'mbox' ? start + length : padded(start + length));
    return split(frame, next, format, { offset, length: frame.length });
  }
  const limit = rest.reduce((sum, line) => sum + line.stored.length + longestHead[format], 0);
  const frame = await takeFrame(object, compression, limit);
  if (frame === null) return [];
  const plain = decompressFirst(frame, compression, limit).data;
  const whole = decompressFrame(frame, compression, plain.length);
  return split(whole, rest, format, { offset, length: frame.length });
}

/** Bytes before the content of the next message, which is buffered then; 0 when there is no such thing. */
async function headLength(object: ObjectReader, format: Framed['format'], length: number): Promise<number> {
  const longest = longestHead[format];
  await object.ensure(longest + padded(length));
  const head = object.buffered.subarray(0, longest);
  return format === 'mbox' ? head.indexOf(0x0a) + 1 : new TarWalk().push(head);
}

/** The compressed frame that the object continues with, of at most `limit` bytes of content; null when it ends before. @throws `verify`. */
async function takeFrame(
  object: ObjectReader,
  compression: Exclude<FrameCompression, 'none'>,
  limit: number,
): Promise<Uint8Array | null> {
  const measure = (data: Uint8Array, at: number): number | null =>
    compression === 'zstd' ? zstdFrameLength(data, at) : gzipMemberLength(data, at, limit);
  let length = measure(object.buffered, 0);
  for (let more = true; length === null && more;) {
    more = await object.ensure(Math.max(2 * object.buffered.length, frameTarget));
    length = measure(object.buffered, 0);
  }
  return length === null ? null : object.take(length);
}

async function takeTarEnd(object: ObjectReader, compression: FrameCompression): Promise<boolean> {
  if (compression === 'none') {
    await object.ensure(tarEndLength);
    return isTarEnd(object.take(tarEndLength));
  }
  const frame = await takeFrame(object, compression, tarEndLength);
  return frame !== null && isTarEnd(decompressFrame(frame, compression, tarEndLength));
}

/**
 * The lines of a decompressed frame; empty when a message differs. Where each one begins is found
 * first, then the frame is read the way every frame is. @throws `verify`.
 */
function split(
  plain: Uint8Array,
  expected: readonly ManifestMessage[],
  format: Framed['format'],
  frame: { readonly offset: number; readonly length: number },
): readonly ManifestMessage[] {
  const place = format === 'mbox' ? mboxPlaces(plain) : tarPlaces(plain);
  const found: ManifestMessage[] = [];
  for (const line of expected) {
    const start = place(line.stored.length);
    if (start === null) break;
    found.push({
      ...line,
      frame: { offset: bytes(frame.offset), length: bytes(frame.length) },
      stored: { offset: bytes(start), length: line.stored.length },
    });
  }
  let sound = true;
  const sink = {
    piece: () => undefined,
    end: (_place: number, fault: string | null): void => {
      sound &&= fault === null;
    },
  };
  const splitter = new FrameSplitter(format, found, sink);
  splitter.push(plain);
  splitter.end();
  return sound ? found : [];
}

/** Finds one stored message after the other; null at the end of the frame. */
type FindPlace = (length: number) => number | null;

function mboxPlaces(plain: Uint8Array): FindPlace {
  const view = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  let at = 0;
  return (length) => {
    const start = view.indexOf(0x0a, at) + 1;
    if (at >= plain.length || start === 0) return null;
    at = start + length;
    return start;
  };
}

function tarPlaces(plain: Uint8Array): FindPlace {
  const walk = new TarWalk();
  let at = 0;
  return (length) => {
    at += walk.push(plain.subarray(at));
    const { left } = walk;
    if (left === null) return null;
    // Another file than expected: the splitter notices.
    const start = at;
    const passed = Math.min(left, plain.length - at);
    walk.passed(passed);
    at += passed;
    return left === length ? start : null;
  };
}
