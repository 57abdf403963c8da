import { createHash } from 'node:crypto';
import { bytes, type Bytes, sha256, type Sha256 } from '../domain/brands.ts';

/** Length and SHA-256 of whatever comes, piece by piece. */
export async function digestOf(
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: Bytes; readonly sha256: Sha256 }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    length += piece.length;
  }
  return { bytes: bytes(length), sha256: sha256(hash.digest('hex')) };
}
