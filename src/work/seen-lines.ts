import { Buffer } from 'node:buffer';
import type { ManifestMessage } from '../format/manifest-types.ts';

/** What a line of a manifest and an entry of the catalog have to agree on before mail is deleted. */
export type SeenLine = Pick<ManifestMessage, 'uid' | 'sha256' | 'headerSha256' | 'size'>;

/** UID, size, and two digests. */
const lineBytes = 4 + 8 + 32 + 32;

/** The lines of a manifest in 76 bytes each, outside of the heap. */
export class SeenLines {
  readonly #bytes: Buffer;

  constructor(messages: readonly SeenLine[]) {
    this.#bytes = Buffer.allocUnsafeSlow(messages.length * lineBytes);
    for (const [index, message] of messages.entries()) put(this.#bytes, index * lineBytes, message);
  }

  /** Whether this line said the same. */
  had(line: number, message: SeenLine): boolean {
    const at = line * lineBytes;
    if (at < 0 || at + lineBytes > this.#bytes.length) return false;
    put(scratch, 0, message);
    return this.#bytes.compare(scratch, 0, lineBytes, at, at + lineBytes) === 0;
  }
}

const scratch = Buffer.alloc(lineBytes);

function put(into: Buffer, at: number, { uid, size, sha256, headerSha256 }: SeenLine): void {
  into.writeUInt32LE(uid, at);
  into.writeDoubleLE(size, at + 4);
  into.write(sha256, at + 12, 32, 'hex');
  into.write(headerSha256, at + 44, 32, 'hex');
}
