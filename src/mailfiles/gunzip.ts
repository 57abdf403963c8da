import { type Duplex } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { MothballError } from '../errors.ts';
import { chunk } from './open.ts';
import { through } from './through.ts';

/** Bits of a member's header that say which fields it has (RFC 1952 §2.3.1). */
const hasCrc = 2;
const hasExtra = 4;
const hasName = 8;
const hasComment = 16;
/** What a decoder may have been given beyond what it has used. */
const readAhead = 1024 * 1024;
/** Of a text in a header. */
const longestText = 256 * 1024;

/**
 * The members of a gzip file, one after the other, as `gzip -d` reads them: zeros behind one are skipped,
 * and other bytes end it. Node's own decoder fails there, with what it has not passed on yet.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  garbage: () => void,
): AsyncGenerator<Uint8Array> {
  const input = new Input(source);
  for (let members = 0; ; members += 1) {
    if (members > 0) await input.skipZeros();
    const magic = await input.peek(2);
    if (magic.length === 0) return;
    if (members > 0 && (magic[0] !== 0x1f || magic[1] !== 0x8b)) return garbage();
    await skipHeader(input);
    yield* member(input);
  }
}

async function skipHeader(input: Input): Promise<void> {
  const [, , , flags = 0] = await input.take(10);
  if ((flags & hasExtra) !== 0) {
    const [low = 0, high = 0] = await input.take(2);
    await input.take(low + 256 * high);
  }
  for (const field of [hasName, hasComment]) if ((flags & field) !== 0) await skipText(input);
  if ((flags & hasCrc) !== 0) await input.take(2);
}

/** It ends in a zero. */
async function skipText(input: Input): Promise<void> {
  for (let length = 0; length < longestText; length += 1) if ((await input.take(1))[0] === 0) return;
  throw damaged('its header has no end');
}

async function* member(input: Input): AsyncGenerator<Uint8Array> {
  const stream: Duplex & { readonly bytesWritten: number } = createInflateRaw({ chunkSize: chunk });
  const feed = input.feed();
  let sum = 0;
  let size = 0;
  for await (const piece of through(stream, feed)) {
    sum = crc32(piece, sum);
    size += piece.length;
    yield piece;
  }
  await feed.return(undefined);
  input.backTo(stream.bytesWritten);
  const end = await input.take(8);
  if (end.readUInt32LE(0) !== sum || end.readUInt32LE(4) !== size % 2 ** 32)
    throw damaged('its checksum is wrong');
}

function damaged(fact: string): MothballError {
  return new MothballError({ fact: `it is damaged: ${fact}` }, { code: 'verify' });
}

/** Bytes that can be given to a decoder, and taken back where it does not use them. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  /** What the decoder was given, as far as it may come back. */
  #given: Buffer[] = [];
  #givenBytes = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to this many bytes; fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const next = await this.#source.next();
      if (next.done === true) break;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
    return this.#rest.subarray(0, length);
  }

  /** @throws `verify` where there are fewer. */
  async take(length: number): Promise<Buffer> {
    const taken = await this.peek(length);
    if (taken.length < length) throw damaged('it ends early');
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  async skipZeros(): Promise<void> {
    while ((await this.peek(1))[0] === 0) {
      const used = this.#rest.findIndex((byte) => byte !== 0);
      this.#rest = used === -1 ? Buffer.alloc(0) : this.#rest.subarray(used);
    }
  }

  async *feed(): AsyncGenerator<Uint8Array> {
    this.#given = [];
    this.#givenBytes = 0;
    while ((await this.peek(1)).length > 0) {
      const piece = this.#rest;
      this.#rest = Buffer.alloc(0);
      this.#givenBytes += piece.length;
      this.#given.push(piece);
      let kept = this.#given.reduce((sum, { length }) => sum + length, 0);
      while (kept - (this.#given[0]?.length ?? 0) > readAhead) kept -= this.#given.shift()?.length ?? 0;
      yield piece;
    }
  }

  /** The decoder has used this many bytes. */
  backTo(used: number): void {
    const unused = this.#givenBytes - used;
    const tail = Buffer.concat(this.#given);
    this.#rest = Buffer.concat([tail.subarray(tail.length - unused), this.#rest]);
  }
}
