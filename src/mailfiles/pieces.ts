import { type Duplex, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MothballError } from '../errors.ts';
import { ZstdFrameWalk } from '../format/zstd-walk.ts';
import { chunk, compressionOf, type MailContent } from './open.ts';

/** No mail is compressed to less than a thousandth; below this size it does not matter. */
const mostTimes = 1000;
const harmless = 256 * 1024 * 1024;
/** Bytes that the decoder of bzip2, which holds a megabyte, may make of it at once. */
const mostAtOnce = 32 * 1024 * 1024;

/** The content of a file in pieces, decompressed; each is good until the next one. */
export async function* pieces(content: MailContent): AsyncIterable<Uint8Array> {
  const compression = await compressionOf(content);
  const source = content.chunks();
  switch (compression) {
    case 'plain':
      yield* source;
      return;
    case 'gzip':
      yield* bounded(content.size, through(createGunzip({ chunkSize: chunk }), copies(source)));
      return;
    case 'zstd':
      yield* bounded(content.size, unzstd(source));
      return;
    case 'bzip2':
      yield* bounded(content.size, unbzip(copies(source)));
      return;
    case 'xz':
      yield* bounded(content.size, unxz(copies(source)));
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

/** Node's decoder ignores all frames after the first, so each is given to one of its own. */
async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  const more = async (): Promise<boolean> => {
    if (rest.length > 0) return true;
    const next = await source.next();
    if (next.done !== true) rest = next.value;
    return rest.length > 0;
  };
  while (await more()) {
    const walk = new ZstdFrameWalk();
    async function* frame(): AsyncGenerator<Uint8Array> {
      while (!walk.done && (await more())) {
        const length = walk.push(rest);
        const part = Uint8Array.from(rest.subarray(0, length));
        rest = rest.subarray(length);
        if (length > 0) yield part;
      }
      if (!walk.done)
        throw new MothballError({ fact: 'it ends in the middle of a zstd frame' }, { code: 'verify' });
    }
    yield* through(createZstdDecompress({ chunkSize: chunk }), frame());
  }
}

/** The decoder works through all that it has at once, so what comes out of that is bounded, too. */
async function* unbzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Few need it: it is loaded when it is.
  const { default: unbzip2 } = await import('unbzip2-stream');
  const stream = unbzip2();
  let made: Uint8Array[] = [];
  let length = 0;
  let failure: Error | null = null;
  stream.on('error', (error: Error) => void (failure ??= error));
  stream.on('data', (piece: Uint8Array) => {
    length += piece.length;
    if (length > mostAtOnce) throw expands();
    made.push(piece);
  });
  function* taken(): Generator<Uint8Array> {
    const ready = made;
    made = [];
    length = 0;
    yield* ready;
    if (failure !== null) throw failure;
  }
  for await (const piece of source) {
    stream.write(Buffer.from(piece));
    yield* taken();
  }
  stream.end();
  yield* taken();
}

async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: xz } = await import('xz-decompress');
  const input = Readable.from(source, { objectMode: false, highWaterMark: chunk });
  try {
    yield* new xz.XzReadableStream(Readable.toWeb(input));
  } finally {
    input.destroy();
  }
}

async function* through(stream: Duplex, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false, highWaterMark: chunk });
  // What goes wrong with the file ends the reading of what was made of it.
  input.once('error', (error) => stream.destroy(error));
  const output: AsyncIterable<Uint8Array> = input.pipe(stream);
  try {
    yield* output;
  } finally {
    input.destroy();
    stream.destroy();
  }
}

/** A stream keeps what it is given, so each piece gets memory of its own. */
async function* copies(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) yield Uint8Array.from(piece);
}
