import { Buffer } from 'node:buffer';
import { mostSmallObject } from '../domain/bounds.ts';
import { MothballError } from '../errors.ts';

/** The whole of a small object in memory. @throws `verify` when it is larger than any manifest. */
export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > mostSmallObject)
      throw new MothballError({ fact: 'an object that should be small does not end' }, { code: 'verify' });
    list.push(piece);
  }
  return Buffer.concat(list, size);
}
