import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';

/** Everything in a tar is at multiples of this many octets (POSIX.1-2017, pax, ustar). */
const block = 512;
/** Two blocks of zeros end a tar. */
export const tarEndLength = 2 * block;

const regular = '0';
/** Directory, and the extended header before a name that ustar has no room for. */
const passedOver = ['5', 'x'];

/** `length`, and the padding up to the next block. */
export function padded(length: number): number {
  return Math.ceil(length / block) * block;
}

/** Whether the bytes are the end of a tar, complete. */
export function isTarEnd(bytes: Uint8Array): boolean {
  return bytes.length === tarEndLength && bytes.every((byte) => byte === 0);
}

/**
 * Follows a tar as `tar x` would, in pieces, and stops where the content of a file begins. The
 * caller takes the content itself and reports with `passed` how much. Directories and extended
 * headers are skipped; anything else is refused: we write none.
 */
export class TarWalk {
  readonly #header = Buffer.alloc(block);
  #have = 0;
  /** Bytes to skip before the next header, and whether they must be zeros. */
  #skip = 0;
  #padding = 0;
  #size = 0;
  #left: number | null = null;

  /** Bytes still to come of the file whose content begins or continues here; null anywhere else. */
  get left(): number | null {
    return this.#left;
  }

  /** Whether nothing, or whole members, have gone by. */
  get atBorder(): boolean {
    return this.#left === null && this.#have === 0 && this.#skip === 0 && this.#padding === 0;
  }

  /** How many bytes of the piece come before the next content. @throws MothballError `verify`. */
  push(piece: Uint8Array): number {
    let at = 0;
    while (at < piece.length && this.#left === null) {
      const rest = piece.subarray(at);
      if (this.#padding > 0) at += this.#zeros(rest);
      else if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, rest.length);
        this.#skip -= skipped;
        at += skipped;
      } else at += this.#gather(rest);
    }
    return at;
  }

  /** The caller took `length` bytes of the content; 0 for one that is empty. */
  passed(length: number): void {
    if (this.#left === null || length > this.#left) throw new TypeError('not that much content is here');
    this.#left -= length;
    if (this.#left > 0) return;
    this.#left = null;
    this.#padding = padded(this.#size) - this.#size;
  }

  #zeros(rest: Uint8Array): number {
    const part = rest.subarray(0, this.#padding);
    if (part.some((byte) => byte !== 0)) throw damaged('there is something where only padding should be');
    this.#padding -= part.length;
    return part.length;
  }

  #gather(rest: Uint8Array): number {
    const part = rest.subarray(0, block - this.#have);
    this.#header.set(part, this.#have);
    this.#have += part.length;
    if (this.#have === block) {
      this.#have = 0;
      this.#read();
    }
    return part.length;
  }

  #read(): void {
    const header = this.#header;
    if (header.toString('latin1', 257, 262) !== 'ustar') throw damaged('no tar header where one should be');
    // The checksum counts its own field as blanks.
    let sum = 8 * 0x20;
    for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0;
    if (octal(header, 148, 8) !== sum) throw damaged('the checksum of a tar header is wrong');
    const type = header.toString('latin1', 156, 157);
    const size = octal(header, 124, 12);
    if (type === regular) {
      this.#size = size;
      this.#left = size;
    } else if (passedOver.includes(type)) this.#skip = padded(size);
    else throw damaged(`a tar member of type ${JSON.stringify(type)}`);
  }
}

function octal(header: Buffer, start: number, length: number): number {
  const text = header.toString('latin1', start, start + length).replace(/[ \0]+$/, '');
  if (!/^[0-7]+$/.test(text)) throw damaged('a tar header holds no number where one should be');
  return Number.parseInt(text, 8);
}

function damaged(why: string): MothballError {
  return new MothballError({ fact: `a frame of the archive is damaged: ${why}` }, { code: 'verify' });
}
