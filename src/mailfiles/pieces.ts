import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { MothballError } from '../errors.ts';
import { ZstdFrameWalk } from '../format/zstd-walk.ts';
import { gunzip } from './gunzip.ts';
import { chunk, compressionOf, type MailContent } from './open.ts';
import { through } from './through.ts';

/** No mail is compressed to less than a thousandth; below this size it does not matter. */
const mostTimes = 1000;
const harmless = 256 * 1024 * 1024;
/** Bytes that the decoder of bzip2, which holds a megabyte, may make of it at once. */
const mostAtOnce = 32 * 1024 * 1024;

/**
 * The content of a file in pieces, decompressed; each is good until the next one. `garbage`: called at the end where
 * bytes behind what was compressed were ignored.
 */
export async function* pieces(
  content: MailContent,
  garbage: () => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const compression = await compressionOf(content);
  const source = content.chunks();
  switch (compression) {
    case 'plain':
      yield* source;
      return;
    case 'gzip':
      yield* bounded(content.size, gunzip(copies(source), garbage));
      return;
    case 'zstd':
      yield* bounded(content.size, unzstd(copies(source), garbage));
      return;
    case 'bzip2':
      yield* bounded(content.size, readable('bzip2', unbzip(copies(source), garbage)));
      return;
    case 'xz':
      yield* bounded(content.size, readable('xz', unxz(copies(source))));
  }
}

/** What a library says of damage, in words for people. */
async function* readable(compression: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof MothballError) throw error;
    throw new MothballError(
      { fact: `what is compressed with ${compression} in it is damaged, or cut short` },
      { code: 'verify', cause: error },
    );
  }
}

/** Ends what expands without end. @throws `unsupported`. */
async function* bounded(size: number, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const most = Math.max(harmless, size * mostTimes);
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    if (total > most) throw expands();
    yield piece;
  }
}

/** For a file whose sizes are known beforehand. @throws `unsupported`. */
export function requireBounded(stored: number, size: number): void {
  if (size > Math.max(harmless, stored * mostTimes)) throw expands();
}

function expands(): MothballError {
  return new MothballError(
    { fact: `it expands to more than ${mostTimes} times its size, which no mail does` },
    { code: 'unsupported' },
  );
}

/** Node's decoder ignores all frames after the first, so each is given to one of its own; skippable ones are skipped. */
async function* unzstd(source: AsyncGenerator<Uint8Array>, garbage: () => void): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  const fill = async (length: number): Promise<boolean> => {
    while (rest.length < length) {
      const next = await source.next();
      if (next.done === true) break;
      rest = Buffer.concat([rest, next.value]);
    }
    return rest.length >= length;
  };
  for (let frames = 0; await fill(1); frames += 1) {
    await fill(8);
    const skippable = rest.length >= 8 ? skippableLength(rest) : null;
    if (skippable !== null) {
      for (let left = skippable; left > 0 && (await fill(1));) {
        const length = Math.min(left, rest.length);
        rest = rest.subarray(length);
        left -= length;
      }
      continue;
    }
    if (frames > 0 && !rest.toString('latin1', 0, 4).startsWith('\x28\xb5\x2f\xfd')) return garbage();
    const walk = new ZstdFrameWalk();
    async function* frame(): AsyncGenerator<Uint8Array> {
      while (!walk.done && (await fill(1))) {
        const length = walk.push(rest);
        const part = rest.subarray(0, length);
        rest = rest.subarray(length);
        if (length > 0) yield part;
      }
      if (!walk.done)
        throw new MothballError({ fact: 'it ends in the middle of a zstd frame' }, { code: 'verify' });
    }
    yield* through(createZstdDecompress({ chunkSize: chunk }), frame());
  }
}

/** Bytes of the skippable frame that starts here (RFC 8878 §3.1.2); null: another one does. */
function skippableLength(bytes: Buffer): number | null {
  const magic = bytes.readUInt32LE(0);
  return (magic & 0xffff_fff0) >>> 0 === 0x184d_2a50 ? 8 + bytes.readUInt32LE(4) : null;
}

/** The decoder works through all that it has at once, so what comes out of that is bounded, too. */
async function* unbzip(source: AsyncIterable<Uint8Array>, garbage: () => void): AsyncGenerator<Uint8Array> {
  // Few need it: it is loaded when it is.
  const { default: unbzip2 } = await import('unbzip2-stream');
  const stream = unbzip2();
  let made: Uint8Array[] = [];
  let length = 0;
  let any = false;
  let failure: Error | null = null;
  stream.on('error', (error: Error) => void (failure ??= error));
  stream.on('data', (piece: Uint8Array) => {
    length += piece.length;
    any = true;
    if (length > mostAtOnce) throw expands();
    made.push(piece);
  });
  function* taken(): Generator<Uint8Array> {
    const ready = made;
    made = [];
    length = 0;
    yield* ready;
    // Behind a stream that is complete.
    if (any && failure?.message === 'No magic number found') return garbage();
    if (failure !== null) throw failure;
  }
  for await (const piece of source) {
    stream.write(Buffer.from(piece));
    yield* taken();
    if (failure !== null) return;
  }
  stream.end();
  yield* taken();
}

/** The decoder makes any other one wait until it has ended. */
let unpacking = false;

async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (unpacking)
    throw new MothballError(
      { fact: 'it is compressed with xz inside of an archive that is, too' },
      { code: 'unsupported' },
    );
  const { default: xz } = await import('xz-decompress');
  const input = Readable.from(source, { objectMode: false, highWaterMark: chunk });
  unpacking = true;
  try {
    yield* new xz.XzReadableStream(Readable.toWeb(input));
  } finally {
    unpacking = false;
    input.destroy();
  }
}

/** A stream keeps what it is given, so each piece gets memory of its own. */
async function* copies(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) yield Uint8Array.from(piece);
}
