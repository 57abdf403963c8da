import { Buffer } from 'node:buffer';
import { Scratch } from './scratch.ts';

const cr = 0x0d;
const lf = 0x0a;

/**
 * Watches bytes go by and finds out whether every LF follows a CR and every CR precedes an LF. True
 * for bytes without any line end. Borders between pieces don't matter.
 */
export class LineEnds {
  #strict = true;
  #afterCr = false;

  push(piece: Uint8Array): void {
    if (!this.#strict) return;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      if ((byte === lf) !== this.#afterCr) {
        this.#strict = false;
        return;
      }
      this.#afterCr = byte === cr;
    }
  }

  /** The answer for all bytes so far, taken as complete. */
  get crlf(): boolean {
    return this.#strict && !this.#afterCr;
  }
}

/**
 * A whole message with CRLF turned into LF, in `scratch`, or null when its line ends are not all
 * CRLF: an LF without its CR shows at once, a CR without an LF is left over at the end.
 */
export function stripCrlf(message: Uint8Array, scratch = new Scratch()): Uint8Array | null {
  const from = viewOf(message);
  const out = viewOf(scratch.take(message.length));
  let length = 0;
  let start = 0;
  // Searching and copying natively, line by line, is several times faster than byte by byte.
  for (let feed = from.indexOf(lf); feed !== -1; feed = from.indexOf(lf, start)) {
    if (feed === start || from[feed - 1] !== cr) return null;
    length += from.copy(out, length, start, feed - 1);
    out[length++] = lf;
    start = feed + 1;
  }
  length += from.copy(out, length, start);
  const plain = out.subarray(0, length);
  return plain.includes(cr) ? null : plain;
}

/** The piece without its CRs, in `scratch`; only for bytes known to have nothing but CRLF. */
export function dropReturns(piece: Uint8Array, scratch = new Scratch()): Uint8Array {
  const from = viewOf(piece);
  const out = viewOf(scratch.take(piece.length));
  let length = 0;
  let start = 0;
  for (let at = from.indexOf(cr); at !== -1; at = from.indexOf(cr, start)) {
    length += from.copy(out, length, start, at);
    start = at + 1;
  }
  length += from.copy(out, length, start);
  return out.subarray(0, length);
}

/** The piece with a CR before each LF, in `scratch`. */
export function addReturns(piece: Uint8Array, scratch = new Scratch()): Uint8Array {
  // Room for nothing but line feeds: counting them first would take as long as the copy.
  const from = viewOf(piece);
  const out = viewOf(scratch.take(2 * piece.length));
  let length = 0;
  let start = 0;
  for (let feed = from.indexOf(lf); feed !== -1; feed = from.indexOf(lf, start)) {
    length += from.copy(out, length, start, feed);
    out[length++] = cr;
    out[length++] = lf;
    start = feed + 1;
  }
  length += from.copy(out, length, start);
  return out.subarray(0, length);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
