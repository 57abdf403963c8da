import { Scratch } from './scratch.ts';

const cr = 0x0d;
const lf = 0x0a;

/**
 * Watches bytes go by and tells whether every LF follows a CR and every CR precedes an LF. True
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
 * A whole message with CRLF turned into LF, in `scratch`, or null when its line ends are not all CRLF. One pass:
 * each CR precedes an LF and there are as many of both, so each LF follows a CR.
 */
export function stripCrlf(message: Uint8Array, scratch = new Scratch()): Uint8Array | null {
  const out = scratch.take(message.length);
  let length = 0;
  let returns = 0;
  let feeds = 0;
  for (let i = 0; i < message.length; i++) {
    const byte = message[i] ?? 0;
    if (byte > cr) {
      out[length++] = byte;
    } else if (byte === cr) {
      if (message[i + 1] !== lf) return null;
      returns++;
    } else {
      if (byte === lf) feeds++;
      out[length++] = byte;
    }
  }
  return returns === feeds ? out.subarray(0, length) : null;
}

/** The piece without its CRs, in `scratch`; only for bytes known to have nothing but CRLF. */
export function dropReturns(piece: Uint8Array, scratch = new Scratch()): Uint8Array {
  const out = scratch.take(piece.length);
  let length = 0;
  for (let i = 0; i < piece.length; i++) {
    const byte = piece[i] ?? 0;
    if (byte !== cr) out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** The piece with a CR before each LF, in `scratch`. */
export function addReturns(piece: Uint8Array, scratch = new Scratch()): Uint8Array {
  // Room for nothing but line feeds: counting them first would take as long as the copy.
  const out = scratch.take(2 * piece.length);
  let length = 0;
  for (let i = 0; i < piece.length; i++) {
    const byte = piece[i] ?? 0;
    if (byte === lf) out[length++] = cr;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
