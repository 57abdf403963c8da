import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { bytes, sha256 } from '../domain/brands.ts';
import type { Bytes, Sha256 } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import { gzipMemberLength, zstdFrameLength } from '../format/frame-length.ts';
import { decompressFrame, decompressFirst, frameTarget } from '../format/frames.ts';
import type { FrameCompression } from '../format/frames.ts';
import { decodeMboxrd } from '../format/mboxrd.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { ReadObject } from '../ports/codec.ts';
import { MessageCheck } from './message-check.ts';

export interface Adopted {
  readonly messages: readonly ManifestMessage[];
  readonly bytes: Bytes;
  readonly sha256: Sha256;
}

/** Longest From_ line that counts as one, in octets. */
const longestFromLine = 1024;
const fromStart = Buffer.from('From ');

/**
 * Decodes an object without its manifest against the lines we would have written; null unless it
 * holds exactly those messages in that order. Holds one frame in memory at a time.
 */
export async function adoptObject(
  expected: readonly ManifestMessage[],
  compression: FrameCompression,
  read: ReadObject,
): Promise<Adopted | null> {
  const object = new ObjectReader(read());
  const found: ManifestMessage[] = [];
  try {
    while (found.length < expected.length) {
      const rest = expected.slice(found.length);
      const lines = await nextFrame(object, rest, compression);
      if (lines.length === 0) return null;
      found.push(...lines);
    }
    return (await object.more()) ? null : { messages: found, ...object.digest() };
  } catch (error) {
    if (error instanceof MothballError && error.code === 'verify') return null;
    throw error;
  } finally {
    await object.close();
  }
}

/** The lines of the frame that the object goes on with; empty when it is not as expected. */
async function nextFrame(
  object: ObjectReader,
  rest: readonly ManifestMessage[],
  compression: FrameCompression,
): Promise<readonly ManifestMessage[]> {
  const offset = object.offset;
  if (compression === 'none') {
    // Without compression a frame is any range of bytes: one message each.
    const [next] = rest;
    if (next === undefined) return [];
    await object.ensure(longestFromLine + next.stored.length);
    const start = object.buffered.subarray(0, longestFromLine).indexOf(0x0a) + 1;
    const frame = object.take(start + next.stored.length);
    return split(frame, [next], { offset, length: frame.length });
  }
  const measure = compression === 'zstd' ? zstdFrameLength : gzipMemberLength;
  let length = measure(object.buffered, 0);
  for (let more = true; length === null && more;) {
    more = await object.ensure(Math.max(2 * object.buffered.length, frameTarget));
    length = measure(object.buffered, 0);
  }
  if (length === null) return [];
  const frame = object.take(length);
  const limit = rest.reduce((sum, line) => sum + line.stored.length + longestFromLine, 0);
  const plain = decompressFirst(frame, compression, limit).data;
  return split(decompressFrame(frame, compression, plain.length), rest, { offset, length });
}

/** Takes a decompressed frame apart; empty when a message differs. @throws `verify`. */
function split(
  plain: Uint8Array,
  expected: readonly ManifestMessage[],
  frame: { readonly offset: number; readonly length: number },
): readonly ManifestMessage[] {
  const found: ManifestMessage[] = [];
  let at = 0;
  for (const line of expected) {
    if (at === plain.length) break;
    const start = plain.indexOf(0x0a, at) + 1;
    if (start === 0 || !fromStart.equals(plain.subarray(at, at + fromStart.length))) return [];
    const data = decodeMboxrd(plain.subarray(start, start + line.stored.length), line);
    const check = new MessageCheck(line);
    check.push(data);
    if (check.end() !== null) return [];
    found.push({
      ...line,
      frame: { offset: bytes(frame.offset), length: bytes(frame.length) },
      stored: { offset: bytes(start), length: line.stored.length },
    });
    at = start + line.stored.length;
  }
  return at === plain.length ? found : [];
}

/** Reads an object forward, keeping what has not been taken yet. */
class ObjectReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  #read = 0;
  buffered: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Buffers at least `length` octets; false when the object ends before. */
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

  /** Whether anything stands after what was taken. */
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
