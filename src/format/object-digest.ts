import { createHash } from 'node:crypto';
import { bytes, type Bytes, sha256, type Sha256 } from '../domain/brands.ts';

/** Length and SHA-256 of whatever comes, piece by piece. */
export async function digestOf(
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: Bytes; readonly sha256: Sha256 }> {
  const digested = new Digested(pieces);
  for await (const _ of digested);
  return digested.digest();
}

/** Passes pieces on, and knows length and SHA-256 of them in the end. */
export class Digested implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  #length = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#pieces) {
      this.#hash.update(piece);
      this.#length += piece.length;
      yield piece;
    }
  }

  /** Of what was passed on; once. */
  digest(): { readonly bytes: Bytes; readonly sha256: Sha256 } {
    return { bytes: bytes(this.#length), sha256: sha256(this.#hash.digest('hex')) };
  }
}
