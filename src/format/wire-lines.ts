import { Buffer } from 'node:buffer';
import { stripCrlf } from './line-ends.ts';
import { Scratch } from './scratch.ts';

const cr = 0x0d;
const lf = 0x0a;

const scratch = new Scratch();

/** Whether a message has nothing that servers are known to alter or refuse: line ends other than CRLF, NUL, no bytes. */
export function isWireText(message: Uint8Array): boolean {
  return message.length > 0 && !hasNul(message) && stripCrlf(message, scratch) !== null;
}

/** Searched natively, at once. */
export function hasNul({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, byteLength).includes(0);
}

/**
 * The line ends of a message that comes from a file, as IMAP would deliver them. Its first line end
 * decides: CRLF, and the message stays as it is; LF alone, and each LF without a CR before it
 * gets one. So what was written from IMAP stays exact, and a Unix file becomes mail again.
 */
export class WireLines {
  readonly #scratch = new Scratch();
  #adds: boolean | null = null;
  #last = 0;

  /** Bytes ready after this piece, good until the next one; they may be a view of it. */
  push(piece: Uint8Array): Uint8Array {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const before = this.#last;
    this.#last = bytes[bytes.length - 1] ?? before;
    const first = this.#adds === false ? -1 : bytes.indexOf(lf);
    if (first === -1) return bytes;
    this.#adds ??= (first === 0 ? before : bytes[first - 1]) !== cr;
    return this.#adds ? this.#withReturns(bytes, before, first) : bytes;
  }

  #withReturns(bytes: Buffer, before: number, first: number): Uint8Array {
    const out = this.#scratch.take(2 * bytes.length);
    let length = 0;
    let start = 0;
    for (let feed = first; feed !== -1; feed = bytes.indexOf(lf, start)) {
      length += bytes.copy(out, length, start, feed);
      if ((feed === 0 ? before : bytes[feed - 1]) !== cr) out[length++] = cr;
      out[length++] = lf;
      start = feed + 1;
    }
    length += bytes.copy(out, length, start);
    return out.subarray(0, length);
  }
}
