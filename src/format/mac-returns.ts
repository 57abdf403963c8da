import { Buffer } from 'node:buffer';

const lf = 0x0a;
const cr = 0x0d;

/**
 * Whether text that starts so ends its lines in CR alone, as old Macintosh programs wrote it: its first
 * line ends so, and an LF comes only after the first empty line, or never.
 */
export function endsInReturns(head: Uint8Array): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const first = bytes.indexOf(cr);
  if (first === -1 || first === bytes.length - 1 || bytes[first + 1] === lf) return false;
  const feed = bytes.indexOf(lf);
  if (feed === -1) return true;
  const empty = bytes.indexOf('\r\r', 0, 'latin1');
  return empty !== -1 && empty < feed;
}

/** Makes an LF of each CR that no LF follows. The length stays. */
export class MacReturns {
  #held = false;

  push(piece: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([Buffer.from(this.#held ? '\r' : ''), piece]);
    this.#held = bytes[bytes.length - 1] === cr;
    for (let at = bytes.indexOf(cr); at !== -1; at = bytes.indexOf(cr, at + 1))
      if (at + 1 < bytes.length && bytes[at + 1] !== lf) bytes[at] = lf;
    return this.#held ? bytes.subarray(0, -1) : bytes;
  }

  end(): Uint8Array {
    return Buffer.from(this.#held ? '\n' : '');
  }
}
