import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
import type { HeaderSummary } from './header-fields.ts';
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
    const source = createReadStream(this.#file.path, { highWaterMark: readChunk });
    async function* frame(): AsyncGenerator<Uint8Array> {
      yield line;
      for await (const chunk of source) {
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
    const sink = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        try {
          // Node may end a zstd frame twice; the empty second one is cut off.
          write(walk === null ? chunk : chunk.subarray(0, walk.push(chunk)));
          done();
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    const compressor = frameCompressor(compression);
    // objectMode: a piece may be empty, which would end a byte stream.
    const pieces = Readable.from(frame(), { objectMode: true, highWaterMark: 2 });
    await (compressor === null ? pipeline(pieces, sink) : pipeline(pieces, compressor, sink));
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
