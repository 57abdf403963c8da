import zlib from 'node:zlib';
import { MothballError } from '../errors.ts';
import { consumption } from './zlib-result.ts';
import { ZstdFrameWalk } from './zstd-walk.ts';

/** Bytes of the zstd frame at `offset`; null when the bytes end before it does. @throws MothballError `verify`. */
export function zstdFrameLength(bytes: Uint8Array, offset: number): number | null {
  const walk = new ZstdFrameWalk();
  const length = walk.push(bytes.subarray(offset));
  return walk.done ? length : null;
}

/**
 * Bytes of the gzip member at `offset`; null when the bytes end before the member does. Only
 * members without optional fields, as we write them (RFC 1952 §2.3). @throws MothballError `verify`,
 * also for a member of more than `limit` bytes of content.
 */
export function gzipMemberLength(bytes: Uint8Array, offset: number, limit: number): number | null {
  const headerLength = 10;
  const trailerLength = 8;
  if (bytes.length < offset + headerLength) return null;
  if (
    bytes[offset] !== 0x1f ||
    bytes[offset + 1] !== 0x8b ||
    bytes[offset + 2] !== 8 ||
    bytes[offset + 3] !== 0
  ) {
    throw refused('no gzip member where one should start');
  }
  let result: unknown;
  try {
    result = zlib.inflateRawSync(bytes.subarray(offset + headerLength), {
      info: true,
      maxOutputLength: Math.max(limit, 1),
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR') return null;
    throw refused(error instanceof Error ? error.message : String(error));
  }
  const length = headerLength + consumption(result).consumed + trailerLength;
  return bytes.length < offset + length ? null : length;
}

function refused(what: string): MothballError {
  return new MothballError(
    { fact: `the object is not an archive that Mothball wrote: ${what}` },
    { code: 'verify' },
  );
}
