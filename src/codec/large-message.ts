import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { HeaderBlock } from '../format/header-block.ts';
import { LineEnds } from '../format/line-ends.ts';
import type { NewMessage } from '../ports/codec.ts';
import { SpoolOutput } from './spool-file.ts';

const readChunk = 256 * 1024;

/**
 * A message too large for memory. Its line ends and its length decide how it is written and are
 * known only at its end: so it goes to a file of its own first, and is encoded from there.
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

  /** Ends the first pass: from here on the message can be read from its file. */
  complete(): { readonly sha256: Sha256; readonly length: number } {
    this.#file.close();
    this.#whole ??= { sha256: sha256(this.#hash.digest('hex')), length: this.#length };
    return this.#whole;
  }

  get header(): { readonly block: Uint8Array; readonly sha256: Sha256 } {
    return (this.#header ??= this.#block.end());
  }

  /** Whether every line end is CRLF. */
  get crlf(): boolean {
    return this.#lineEnds.crlf;
  }

  get length(): number {
    return this.#length;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The message in chunks, all in the same memory. Worker threads only: reading blocks. */
  *chunks(): Generator<Uint8Array> {
    const descriptor = openSync(this.path, 'r');
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

  discard(): void {
    this.#file.discard();
  }
}
