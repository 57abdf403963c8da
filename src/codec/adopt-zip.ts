import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { bytes, sha256 } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import {
  type CentralEntry,
  directoryEndLength,
  localHeaderLength,
  readDirectory,
  readDirectoryEnd,
} from '../format/zip-records.ts';
import type { ReadObject, VerifyReport } from '../ports/codec.ts';
import type { Adopted } from './adopt-frames.ts';
import { longestTail } from './object-edge-check.ts';
import type { Expected } from './verify.ts';

/**
 * Takes the places of the messages from the directory of a zip without its manifest; null unless
 * `verify` then finds exactly the expected messages there, in that order, and nothing else.
 */
export async function adoptZip(
  expected: readonly ManifestMessage[],
  read: ReadObject,
  verify: (found: Expected) => Promise<VerifyReport>,
): Promise<Adopted | null> {
  const { head, last } = await digest(read);
  try {
    const end = readDirectoryEnd(last);
    if (end.length > longestTail(expected.length) || end.offset + end.length > head.bytes) return null;
    const entries = readDirectory(await gather(read, end));
    if (entries.length !== expected.length) return null;
    const messages = expected.flatMap((line, index) => {
      const entry = entries[index];
      return entry === undefined ? [] : [placed(line, entry)];
    });
    const { faults } = await verify({ head, messages });
    return faults.length === 0 ? { messages, ...head } : null;
  } catch (error) {
    if (isError(error, 'verify')) return null;
    throw error;
  }
}

/** Local headers have no extra field, as we write them; verifying looks at each. */
function placed(line: ManifestMessage, { name, offset, compressed }: CentralEntry): ManifestMessage {
  const start = offset + localHeaderLength + Buffer.byteLength(name);
  return {
    ...line,
    frame: { offset: bytes(start), length: bytes(compressed) },
    stored: { offset: bytes(0), length: line.size },
  };
}

/** Length and digest of the object, and its last bytes. */
async function digest(read: ReadObject): Promise<{ readonly head: Expected['head']; readonly last: Buffer }> {
  const hash = createHash('sha256');
  let length = 0;
  let last = Buffer.alloc(0);
  for await (const piece of read()) {
    hash.update(piece);
    length += piece.length;
    const end = piece.subarray(-directoryEndLength);
    last = Buffer.concat([last, end]).subarray(-directoryEndLength);
  }
  return { head: { bytes: bytes(length), sha256: sha256(hash.digest('hex')) }, last };
}

async function gather(
  read: ReadObject,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  for await (const piece of read({ offset, length })) pieces.push(piece);
  return Buffer.concat(pieces);
}
