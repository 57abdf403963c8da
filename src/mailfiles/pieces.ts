import type { FileHandle } from 'node:fs/promises';
import { type Duplex, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MothballError } from '../errors.ts';
import { ZstdFrameWalk } from '../format/zstd-walk.ts';
import type { FileCompression } from './open.ts';

/** Bytes that are read at once. */
const chunk = 256 * 1024;

/** The content of a file in pieces, decompressed; each is good until the next one. */
export function pieces(handle: FileHandle, compression: FileCompression): AsyncIterable<Uint8Array> {
  switch (compression) {
    case 'plain':
      return chunks(handle);
    case 'gzip':
      return through(createGunzip({ chunkSize: chunk }), copies(chunks(handle)));
    case 'zstd':
      return unzstd(handle);
  }
}

async function* chunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  // A Maildir has many small files.
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunk, size)));
  for (let offset = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Node's decoder ignores all frames after the first, so each is given to one of its own. */
async function* unzstd(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const source = chunks(handle);
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
