import { Buffer } from 'node:buffer';
import { Scratch } from './scratch.ts';

const lf = 0x0a;
const mark = 0x3e;
const from = Buffer.from('From ');
const quotedFrom = Buffer.from('>From ');

/**
 * Finds each `From ` at the start of a line after nothing but `>`. A match may lie
 * across the border of two pieces: what could still become one is held back, never more than the
 * pattern. Only LF starts a line.
 */
abstract class LineStartFrom {
  /** Held back from the last piece: a beginning of the pattern. */
  #held = Buffer.alloc(0);
  /** There is nothing but `>` between the last line start and the end of what was passed on. */
  #open = true;
  readonly #pattern: Buffer;
  readonly #scratch = new Scratch();

  constructor(pattern: Buffer) {
    this.#pattern = pattern;
  }

  /** What a match becomes: at most one byte longer. */
  protected abstract readonly replacement: Buffer;
  /** Whether `>` may come before a match. */
  protected readonly afterMarks: boolean = true;

  /** Bytes ready after this piece, good until the next one; they may be a view of it. */
  push(piece: Uint8Array): Uint8Array {
    const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#held.length === 0 ? view : Buffer.concat([this.#held, view]);
    const hold = this.#beginningAtEnd(bytes);
    let out: Buffer | null = null;
    let length = 0;
    let done = 0;
    let at = bytes.indexOf(this.#pattern);
    while (at !== -1) {
      const after = at + this.#pattern.length;
      if (this.#startsLine(bytes, at)) {
        // Copied into one buffer: views by the thousand would cost more than the bytes.
        out ??= this.#scratch.take(bytes.length + Math.ceil(bytes.length / this.#pattern.length));
        length += bytes.copy(out, length, done, at);
        length += this.replacement.copy(out, length);
        done = after;
      }
      at = bytes.indexOf(this.#pattern, after);
    }
    if (out !== null) length += bytes.copy(out, length, done, hold);
    const ready = out === null ? bytes.subarray(0, hold) : out.subarray(0, length);
    // A copy: the piece's memory is the caller's again after this call.
    this.#held = Buffer.from(bytes.subarray(hold));
    this.#open = this.#startsLine(bytes, hold);
    return ready;
  }

  /** What was held back to the end. */
  end(): Uint8Array {
    return this.#held;
  }

  /** True when there is only `>` between `at` and the start of its line. */
  #startsLine(bytes: Buffer, at: number): boolean {
    let before = at - 1;
    while (this.afterMarks && before >= 0 && bytes[before] === mark) before--;
    return before < 0 ? this.#open : bytes[before] === lf;
  }

  /** Where a beginning of the pattern starts that the bytes end in; their length without one. */
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
  protected override readonly replacement = quotedFrom;

  constructor() {
    super(from);
  }
}

/** Takes the `>` from each line-start `>From ` alone: what mboxo files quote. */
export class FromUnquoteOnce extends LineStartFrom {
  protected override readonly replacement = from;
  protected override readonly afterMarks = false;

  constructor() {
    super(quotedFrom);
  }
}

/** Takes one `>` from each line-start `>+From `: the one next to `From `, since all are alike. */
export class FromUnquote extends LineStartFrom {
  protected override readonly replacement = from;

  constructor() {
    super(quotedFrom);
  }
}
