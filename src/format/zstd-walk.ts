import { MothballError } from '../errors.ts';

const zstdMagic = 0xfd2f_b528;
const skippableMagic = 0x184d_2a50;

/**
 * Finds where a zstd frame ends by walking its frame and block headers (RFC 8878 §3.1.1), in
 * pieces. Skippable frames are refused: we write none, and they would hide bytes.
 */
export class ZstdFrameWalk {
  #state: 'frame header' | 'block header' | 'done' = 'frame header';
  /** Bytes of a header gathered so far, the first one lowest. */
  #gathered: number[] = [];
  /** Bytes to skip before the next header. */
  #skip = 0;
  #checksum = 0;
  #last = false;

  get done(): boolean {
    return this.#state === 'done';
  }

  /** How many bytes of the piece belong to the frame. @throws MothballError `verify`. */
  push(piece: Uint8Array): number {
    let at = 0;
    while (this.#state !== 'done') {
      const skipped = Math.min(this.#skip, piece.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (this.#skip > 0) break;
      if (this.#last) {
        this.#state = 'done';
        break;
      }
      const byte = piece[at];
      if (byte === undefined) break;
      this.#gathered.push(byte);
      at++;
      if (this.#state === 'frame header' && this.#gathered.length === 5) this.#frameHeader();
      else if (this.#state === 'block header' && this.#gathered.length === 3) this.#blockHeader();
    }
    return at;
  }

  #frameHeader(): void {
    const [a = 0, b = 0, c = 0, d = 0, descriptor = 0] = this.#gathered;
    const magic = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) throw refused('a skippable frame');
    if (magic !== zstdMagic) throw refused('no zstd frame where one should start');
    this.#skip = headerFields(descriptor);
    this.#checksum = (descriptor & 4) === 0 ? 0 : 4;
    this.#next();
  }

  /** §3.1.1.2: bit 0 last block, bits 1–2 type, the rest size. */
  #blockHeader(): void {
    const [a = 0, b = 0, c = 0] = this.#gathered;
    const header = a | (b << 8) | (c << 16);
    const type = (header >> 1) & 3;
    if (type === 3) throw refused('a block of the reserved type');
    this.#last = (header & 1) === 1;
    // An RLE block stores one byte.
    this.#skip = (type === 1 ? 1 : header >> 3) + (this.#last ? this.#checksum : 0);
    this.#next();
  }

  #next(): void {
    this.#state = 'block header';
    this.#gathered = [];
  }
}

/** Octets of window descriptor, dictionary ID and content size (RFC 8878 §3.1.1.1). */
function headerFields(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const windowSize = singleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentFlag = descriptor >> 6;
  const contentSize = contentFlag === 0 ? (singleSegment ? 1 : 0) : 1 << contentFlag;
  return windowSize + dictionary + contentSize;
}

function refused(what: string): MothballError {
  return new MothballError(
    { fact: `the object is not an archive that Mothball wrote: ${what}` },
    { code: 'verify' },
  );
}
