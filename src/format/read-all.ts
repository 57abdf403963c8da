import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';

/** Manifests of 10,000 messages are a few MiB; this only stops a stream that never ends. */
const most = 512 * 1024 * 1024;

/** The whole of a small object in memory. @throws `verify` when it is larger than any manifest. */
export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most)
      throw new MothballError({ fact: 'an object that should be small does not end' }, { code: 'verify' });
    list.push(piece);
  }
  return Buffer.concat(list, size);
}
