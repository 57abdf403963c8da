import { Buffer } from 'node:buffer';

const lf = 0x0a;
const mark = 0x3e;
const from = Buffer.from('From ');
const quotedFrom = Buffer.from('>From ');
const oneMark = Buffer.from('>');

/**
 * Finds each `From ` that stands at the start of a line after nothing but `>`. A match may lie
 * across the border of two pieces: what could still become one is held back, never more than the
 * pattern. Only LF starts a line.
 */
abstract class LineStartFrom {
  /** Held back from the last piece: a beginning of the pattern. */
  #held = Buffer.alloc(0);
  /** Nothing but `>` stands between the last line start and the end of what was passed on. */
  #open = true;
  readonly #pattern: Buffer;

  constructor(pattern: Buffer) {
    this.#pattern = pattern;
  }

  /** What becomes of one match: its replacement, or part of it. */
  protected abstract replace(match: Buffer): readonly Buffer[];

  /** Bytes ready after this piece, in order. They may be views of the piece. */
  push(piece: Uint8Array): Uint8Array[] {
    const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#held.length === 0 ? view : Buffer.concat([this.#held, view]);
    const out: Uint8Array[] = [];
    let done = 0;
    let at = bytes.indexOf(this.#pattern);
    while (at !== -1) {
      const after = at + this.#pattern.length;
      if (this.#startsLine(bytes, at)) {
        if (at > done) out.push(bytes.subarray(done, at));
        out.push(...this.replace(bytes.subarray(at, after)));
        done = after;
      }
      at = bytes.indexOf(this.#pattern, after);
    }
    const hold = this.#beginningAtEnd(bytes);
    if (hold > done) out.push(bytes.subarray(done, hold));
    // A copy: the piece's memory is the caller's again after this call.
    this.#held = Buffer.from(bytes.subarray(hold));
    this.#open = this.#startsLine(bytes, hold);
    return out;
  }

  /** What was held back to the end. */
  end(): Uint8Array {
    return this.#held;
  }

  /** True when only `>` stands between `at` and the start of its line. */
  #startsLine(bytes: Buffer, at: number): boolean {
    let before = at - 1;
    while (before >= 0 && bytes[before] === mark) before--;
    return before < 0 ? this.#open : bytes[before] === lf;
  }

  /** Where a beginning of the pattern starts that the bytes end in; their length when there is none. */
  #beginningAtEnd(bytes: Buffer): number {
    const most = Math.min(this.#pattern.length - 1, bytes.length);
    for (let length = most; length > 0; length--) {
      const at = bytes.length - length;
      if (this.#pattern.compare(bytes, at, bytes.length, 0, length) === 0 && this.#startsLine(bytes, at))
        return at;
    }
    return bytes.length;
  }
}

/** Puts one more `>` before each line-start `>*From `. */
export class FromQuote extends LineStartFrom {
  constructor() {
    super(from);
  }

  protected override replace(match: Buffer): readonly Buffer[] {
    return [oneMark, match];
  }
}

/** Takes one `>` from each line-start `>+From `: the one next to `From `, since all are alike. */
export class FromUnquote extends LineStartFrom {
  constructor() {
    super(quotedFrom);
  }

  protected override replace(match: Buffer): readonly Buffer[] {
    return [match.subarray(1)];
  }
}
