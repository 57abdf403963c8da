import { createHash } from 'node:crypto';
import { HeaderBlock } from '../format/header-block.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';

/** The fields of a manifest line that decoding a message needs and proves. */
export type CheckedLine = Pick<
  ManifestMessage,
  'sha256' | 'size' | 'headerSha256' | 'crlf' | 'addedNewline' | 'stored'
>;

/** What of a manifest line crosses a thread border. */
export function checkedLine(line: CheckedLine): CheckedLine {
  const { sha256, size, headerSha256, crlf, addedNewline, stored } = line;
  return { sha256, size, headerSha256, crlf, addedNewline, stored };
}

/** Compares the decoded bytes of one message with its manifest line. */
export class MessageCheck {
  readonly #line: CheckedLine;
  readonly #hash = createHash('sha256');
  readonly #header = new HeaderBlock();
  #length = 0;

  constructor(line: CheckedLine) {
    this.#line = line;
  }

  push(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#header.push(piece);
    this.#length += piece.length;
  }

  /** What is wrong, or null. */
  end(): string | null {
    if (this.#length !== this.#line.size) return `it has ${this.#length} bytes instead of ${this.#line.size}`;
    if (this.#hash.digest('hex') !== this.#line.sha256) return 'its SHA-256 is not the recorded one';
    if (this.#header.end().sha256 !== this.#line.headerSha256)
      return "its header's SHA-256 is not the recorded one";
    return null;
  }
}
