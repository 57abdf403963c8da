import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { sha256 } from '../domain/brands.ts';
import type { Sha256 } from '../domain/brands.ts';
import { frameCompressor, joined } from '../format/frames.ts';
import type { FrameCompression } from '../format/frames.ts';
import { fromLine } from '../format/from-line.ts';
import { HeaderBlock } from '../format/header-block.ts';
import { LineEnds } from '../format/line-ends.ts';
import { MboxrdEncoder } from '../format/mboxrd.ts';
import { ZstdFrameWalk } from '../format/zstd-walk.ts';
import type { NewMessage } from '../ports/codec.ts';
import type { HeaderSummary } from './header-summary.ts';
import type { Encoded } from './manifest-line.ts';
import { SpoolOutput } from './spool-file.ts';

const readChunk = 256 * 1024;

/**
 * A message too large for memory. Its line ends decide the encoding and are known only at its end:
 * so it goes to a file of its own first, and is encoded from there.
 */
export class LargeMessage {
  readonly message: NewMessage;
  readonly #file: SpoolOutput;
  readonly #hash = createHash('sha256');
  readonly #lineEnds = new LineEnds();
  readonly #block = new HeaderBlock();
  #length = 0;
  #whole: { readonly sha256: Sha256; readonly length: number } | null = null;
  #header: ReturnType<HeaderBlock['end']> | null = null;

  constructor(path: string, message: NewMessage) {
    this.message = message;
    this.#file = new SpoolOutput(path);
  }

  push(data: Uint8Array): void {
    this.#file.write(data);
    this.#hash.update(data);
    this.#lineEnds.push(data);
    this.#block.push(data);
    this.#length += data.length;
  }

  /** Ends the first pass. */
  complete(): { readonly sha256: Sha256; readonly length: number } {
    this.#file.close();
    this.#whole ??= { sha256: sha256(this.#hash.digest('hex')), length: this.#length };
    return this.#whole;
  }

  get header(): { readonly block: Uint8Array; readonly sha256: Sha256 } {
    return (this.#header ??= this.#block.end());
  }

  /** The second pass: From_ line and encoded message, as one frame, to `write`. */
  async encode(
    compression: FrameCompression,
    header: HeaderSummary,
    write: (data: Uint8Array) => void,
  ): Promise<Encoded> {
    const whole = this.complete();
    const crlf = this.#lineEnds.crlf;
    const encoder = new MboxrdEncoder(crlf);
    const line = fromLine(header.sender, this.message.internalDate);
    let stored = 0;
    let addedNewline = false;
    const path = this.#file.path;
    async function* frame(): AsyncGenerator<Uint8Array> {
      yield line;
      for (const chunk of fileChunks(path)) {
        const piece = encoder.push(chunk);
        stored += piece.length;
        yield piece;
      }
      const end = encoder.end();
      const last = joined(end.pieces);
      addedNewline = end.addedNewline;
      stored += last.length;
      yield last;
    }
    const walk = compression === 'zstd' ? new ZstdFrameWalk() : null;
    // Node may end a zstd frame twice; the empty second one is cut off.
    const output = (data: Uint8Array): void =>
      write(walk === null ? data : data.subarray(0, walk.push(data)));
    await compress(frame(), frameCompressor(compression), output);
    return {
      ...whole,
      size: whole.length,
      headerSha256: this.header.sha256,
      header,
      crlf,
      addedNewline,
      stored: { offset: line.length, length: stored },
    };
  }

  discard(): void {
    this.#file.discard();
  }
}

/** Sends each piece through the compressor, which is done with it before the next one is asked for. */
async function compress(
  pieces: AsyncIterable<Uint8Array>,
  compressor: Duplex | null,
  output: (data: Uint8Array) => void,
): Promise<void> {
  if (compressor === null) {
    for await (const piece of pieces) output(piece);
    return;
  }
  const feed = async (): Promise<void> => {
    try {
      for await (const piece of pieces) {
        await new Promise<void>((resolve, reject) => {
          compressor.write(piece, (error) => (error ? reject(error) : resolve()));
        });
      }
      compressor.end();
    } catch (error) {
      compressor.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  };
  const drain = async (): Promise<void> => {
    const compressed: AsyncIterable<Uint8Array> = compressor;
    for await (const data of compressed) output(data);
  };
  const [fed, drained] = await Promise.allSettled([feed(), drain()]);
  // A fault on either side ends the other; the draining side always knows the cause.
  for (const result of [drained, fed]) if (result.status === 'rejected') throw result.reason;
}

/** A file in chunks, all in the same memory. Worker threads only: reading blocks. */
function* fileChunks(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(readChunk);
    for (;;) {
      const length = readSync(descriptor, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
