import type { Buffer } from 'node:buffer';

/** Lines up to this many bytes are read and written in one go. */
export const shortLine = 64 * 1024;

/** Bytes or UTF-16 units of one text that are read or written at a time. */
const slice = 64 * 1024;
/** What a value costs beside its bytes. */
const valueCost = 64;
/** Values in one line, and keys of one object in it: 50,000 lines of a header are the most that were ever recorded. */
const mostValues = 100_000;
const mostKeys = 10_000;
/** Lists in mappings in lines. */
const deepest = 8;

/**
 * JSON without white space, as `JSON.stringify` writes it, of a line that a stranger may have made long.
 * Yields what it cost. @throws SyntaxError for anything else, and for more values than a line can have.
 */
export function* parseLong(line: Buffer): Generator<number, unknown> {
  const reader = new LongReader(line);
  const value = yield* reader.value(0);
  reader.end();
  return value;
}

class LongReader {
  readonly #line: Buffer;
  #at = 0;
  #values = 0;

  constructor(line: Buffer) {
    this.#line = line;
  }

  *value(depth: number): Generator<number, unknown> {
    this.#values += 1;
    if (this.#values > mostValues || depth > deepest) throw new SyntaxError('too many values');
    yield valueCost;
    switch (this.#line[this.#at]) {
      case 0x7b:
        return yield* this.#object(depth);
      case 0x5b:
        return yield* this.#array(depth);
      case 0x22:
        return yield* this.#string();
      default:
        return this.#scalar();
    }
  }

  end(): void {
    if (this.#at !== this.#line.length) throw this.#unexpected();
  }

  *#object(depth: number): Generator<number, unknown> {
    const pairs: [string, unknown][] = [];
    this.#at += 1;
    if (this.#take(0x7d)) return {};
    do {
      if (this.#line[this.#at] !== 0x22 || pairs.length === mostKeys) throw this.#unexpected();
      const key = yield* this.#string();
      if (!this.#take(0x3a)) throw this.#unexpected();
      pairs.push([key, yield* this.value(depth + 1)]);
    } while (this.#take(0x2c));
    if (!this.#take(0x7d)) throw this.#unexpected();
    return Object.fromEntries(pairs);
  }

  *#array(depth: number): Generator<number, unknown> {
    const list: unknown[] = [];
    this.#at += 1;
    if (this.#take(0x5d)) return list;
    do list.push(yield* this.value(depth + 1));
    while (this.#take(0x2c));
    if (!this.#take(0x5d)) throw this.#unexpected();
    return list;
  }

  *#string(): Generator<number, string> {
    let text = '';
    let from = this.#at + 1;
    for (;;) {
      const end = this.#sliceEnd(from);
      const piece: unknown = JSON.parse(`"${this.#line.toString('utf8', from, end)}"`);
      if (typeof piece !== 'string') throw this.#unexpected();
      text += piece;
      yield end - from;
      from = end;
      if (this.#line[end] === 0x22) break;
      if (end >= this.#line.length) throw this.#unexpected();
    }
    this.#at = from + 1;
    return text;
  }

  /** Where the text ends, or may be cut: never within an escape or a character. */
  #sliceEnd(from: number): number {
    const line = this.#line;
    const stop = Math.min(from + slice, line.length);
    let end = from;
    while (end < stop && line[end] !== 0x22) end += line[end] !== 0x5c ? 1 : line[end + 1] === 0x75 ? 6 : 2;
    for (let more = 0; more < 3 && ((line[end] ?? 0) & 0xc0) === 0x80; more += 1) end += 1;
    return Math.min(end, line.length);
  }

  #scalar(): unknown {
    const start = this.#at;
    while (this.#at - start < 32 && /[-+.\w]/.test(String.fromCharCode(this.#line[this.#at] ?? 0)))
      this.#at += 1;
    return JSON.parse(this.#line.toString('latin1', start, this.#at));
  }

  #take(byte: number): boolean {
    if (this.#line[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`unexpected byte at ${this.#at}`);
  }
}

/** What `JSON.stringify` writes, piece by piece: no piece is much longer than `slice`. */
export function* longJson(value: unknown): Generator<string, void> {
  if (typeof value === 'string') {
    yield '"';
    for (let from = 0; from < value.length;) {
      const end = cutEnd(value, from + slice);
      yield JSON.stringify(value.slice(from, end)).slice(1, -1);
      from = end;
    }
    yield '"';
  } else if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of value.entries()) {
      if (index > 0) yield ',';
      yield* longJson(item);
    }
    yield ']';
  } else if (typeof value === 'object' && value !== null) {
    let before = '{';
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${before}${JSON.stringify(key)}:`;
      yield* longJson(item);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else yield JSON.stringify(value);
}

/** Not within a surrogate pair, which would be written as two escapes. */
function cutEnd(text: string, end: number): number {
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
