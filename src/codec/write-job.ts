import { createHash, hash } from 'node:crypto';
import { sha256 } from '../domain/brands.ts';
import type { Sha256 } from '../domain/brands.ts';
import { compressFrame } from '../format/frames.ts';
import type { FrameCompression } from '../format/frames.ts';
import { fromLine } from '../format/from-line.ts';
import { headerCap, headerLength } from '../format/header-block.ts';
import { encodeMboxrd } from '../format/mboxrd.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { NewMessage } from '../ports/codec.ts';
import { Scratch } from '../format/scratch.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { summarizeHeader } from './header-summary.ts';
import { LargeMessage } from './large-message.ts';
import { manifestLine } from './manifest-line.ts';
import type { Encoded } from './manifest-line.ts';
import { SpoolOutput } from './spool-file.ts';
import type { SlabMessage, SpoolPaths } from './write-protocol.ts';

/** One archive object in the making, inside the worker. */
export class WriteJob {
  readonly #paths: SpoolPaths;
  readonly #compression: FrameCompression;
  readonly #headerNames: readonly string[];
  readonly #output: SpoolOutput;
  readonly #frame = new FrameBuffer();
  readonly #scratch = new Scratch();
  readonly #hash = createHash('sha256');
  #length = 0;
  #large: LargeMessage | null = null;

  constructor(paths: SpoolPaths, compression: FrameCompression, headerNames: readonly string[]) {
    this.#paths = paths;
    this.#compression = compression;
    this.#headerNames = headerNames;
    this.#output = new SpoolOutput(paths.archive);
  }

  /** Writes whole messages as one frame. */
  frame(slab: Uint8Array, messages: readonly SlabMessage[]): readonly ManifestMessage[] {
    const frame = this.#frame;
    frame.clear();
    const encoded: { readonly message: NewMessage; readonly about: Encoded }[] = [];
    for (const { message, offset, length } of messages) {
      const data = slab.subarray(offset, offset + length);
      const block = data.subarray(0, headerLength(data));
      const header = summarizeHeader(block.subarray(0, headerCap), this.#headerNames);
      const line = fromLine(header.sender, message.internalDate);
      const body = encodeMboxrd(data, this.#scratch);
      frame.add(line);
      const start = frame.length;
      for (const piece of body.pieces) frame.add(piece);
      const stored = { offset: start, length: frame.length - start };
      const { crlf, addedNewline } = body;
      const digests = { sha256: digest(data), headerSha256: digest(block) };
      encoded.push({ message, about: { crlf, addedNewline, ...digests, size: length, header, stored } });
    }
    const offset = this.#length;
    this.#append(compressFrame(frame.bytes, this.#compression));
    const range = { offset, length: this.#length - offset };
    return encoded.map(({ message, about }) => manifestLine(message, about, range));
  }

  begin(message: NewMessage): void {
    this.#large?.discard();
    this.#large = new LargeMessage(this.#paths.message, message);
  }

  piece(data: Uint8Array): void {
    this.#open().push(data);
  }

  /** Ends the large message; kept, it becomes a frame of its own. */
  async end(keep: boolean): Promise<{ sha256: Sha256; length: number; line: ManifestMessage | null }> {
    const large = this.#open();
    try {
      const { sha256: whole, length } = large.complete();
      if (!keep) return { sha256: whole, length, line: null };
      const offset = this.#length;
      const header = summarizeHeader(large.header.block, this.#headerNames);
      const encoded = await large.encode(this.#compression, header, (data) => this.#append(data));
      const line = manifestLine(large.message, encoded, { offset, length: this.#length - offset });
      return { sha256: whole, length, line };
    } finally {
      this.#large = null;
      large.discard();
    }
  }

  finish(): { readonly bytes: number; readonly sha256: Sha256 } {
    this.#output.close();
    return { bytes: this.#length, sha256: sha256(this.#hash.digest('hex')) };
  }

  discard(): void {
    try {
      this.#large?.discard();
    } finally {
      this.#output.discard();
    }
  }

  #append(data: Uint8Array): void {
    this.#output.write(data);
    this.#hash.update(data);
    this.#length += data.length;
  }

  #open(): LargeMessage {
    if (this.#large === null) throw new TypeError('no large message was begun');
    return this.#large;
  }
}

function digest(data: Uint8Array): Sha256 {
  return sha256(hash('sha256', data, 'hex'));
}
