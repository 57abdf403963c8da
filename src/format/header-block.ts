import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mostHeaderBytes } from '../domain/bounds.ts';
import { sha256, type Sha256 } from '../domain/brands.ts';

const cr = 0x0d;
const lf = 0x0a;

/**
 * Length of the header block: up to and including the first empty line (RFC 5322 §2.1), or all
 * bytes when there is none. Lines end in CRLF or LF.
 */
export function headerLength(message: Uint8Array): number {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(lf, start);
    if (end === -1) return bytes.length;
    if (end === start || (end === start + 1 && bytes[start] === cr)) return end + 1;
    start = end + 1;
  }
}

/** Digest and first bytes of the header block of a message that comes in pieces. */
export class HeaderBlock {
  readonly #hash = createHash('sha256');
  readonly #kept: Buffer[] = [];
  #keptLength = 0;
  #ended = false;
  /** What the current line holds so far; `other` means that it is not empty. */
  #line: 'nothing' | 'cr' | 'other' = 'nothing';

  push(piece: Uint8Array): void {
    if (this.#ended) return;
    const block = piece.subarray(0, this.#advance(piece));
    this.#hash.update(block);
    if (this.#keptLength <= mostHeaderBytes) {
      // One byte more than is parsed shows that there is more.
      const part = Buffer.from(block.subarray(0, mostHeaderBytes + 1 - this.#keptLength));
      this.#kept.push(part);
      this.#keptLength += part.length;
    }
  }

  end(): { readonly block: Uint8Array; readonly sha256: Sha256 } {
    return { block: Buffer.concat(this.#kept), sha256: sha256(this.#hash.digest('hex')) };
  }

  /** Bytes of the piece that belong to the header block. */
  #advance(piece: Uint8Array): number {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      if (byte === lf) {
        if (this.#line !== 'other') {
          this.#ended = true;
          return i + 1;
        }
        this.#line = 'nothing';
      } else {
        this.#line = byte === cr && this.#line === 'nothing' ? 'cr' : 'other';
      }
    }
    return piece.length;
  }
}
