/** A command or response with its literals: lines as text, literal octets beside them. */
export interface ImapUnit {
  /** All octets as they came. */
  readonly raw: Buffer;
  /** The lines without the octets of literals; `{123}` stays at the end of a line. */
  readonly lines: readonly string[];
  /** The lines in one. */
  readonly text: string;
  /** The octets that follow each line but the last. */
  readonly literals: readonly Buffer[];
}

/** Cuts a stream of octets into whole commands or responses (RFC 9051 §4.3: literals). */
export class UnitCutter {
  readonly #onLiteral: () => void;
  #rest: Buffer[] = [];
  #length = 0;
  #wanted = 0;
  #offset = 0;
  #announced = -1;

  /** `onLiteral` is told of each synchronising literal whose octets have not come yet. */
  constructor(onLiteral: () => void = () => {}) {
    this.#onLiteral = onLiteral;
  }

  /** Adds octets, returns what is complete now. */
  push(chunk: Buffer): readonly ImapUnit[] {
    this.#rest.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    let data = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest);
    const units: ImapUnit[] = [];
    for (;;) {
      const found = cutOne(data);
      if ('wanted' in found) {
        this.#wanted = found.wanted;
        if (found.literalAt !== null && this.#offset + found.literalAt > this.#announced) {
          this.#announced = this.#offset + found.literalAt;
          this.#onLiteral();
        }
        break;
      }
      units.push(found);
      data = data.subarray(found.raw.length);
      this.#offset += found.raw.length;
    }
    this.#rest = [data];
    this.#length = data.length;
    return units;
  }
}

/** The octets of a command with its literals made non-synchronising (RFC 7888). */
export function withoutWaiting(unit: ImapUnit): Buffer {
  const parts = unit.lines.flatMap((line, index) => [
    Buffer.from(`${line.replace(/\{(\d+)\}$/, '{$1+}')}\r\n`, 'latin1'),
    unit.literals[index] ?? Buffer.alloc(0),
  ]);
  return Buffer.concat(parts);
}

interface Incomplete {
  /** How many octets there must be before another look makes sense. */
  readonly wanted: number;
  /** Where the literal starts whose octets are missing, when the sender waits for a go-ahead. */
  readonly literalAt: number | null;
}

/** The first unit of the data. */
function cutOne(data: Buffer): ImapUnit | Incomplete {
  const lines: string[] = [];
  const literals: Buffer[] = [];
  for (let at = 0; ;) {
    const end = data.indexOf('\r\n', at);
    if (end < 0) return { wanted: data.length + 1, literalAt: null };
    const line = data.toString('latin1', at, end);
    lines.push(line);
    at = end + 2;
    const [, literal, plus] = /\{(\d+)(\+?)\}$/.exec(line) ?? [];
    if (literal === undefined) return { raw: data.subarray(0, at), lines, text: lines.join(''), literals };
    const length = Number(literal);
    if (data.length < at + length) return { wanted: at + length + 2, literalAt: plus === '' ? at : null };
    literals.push(data.subarray(at, at + length));
    at += length;
  }
}
