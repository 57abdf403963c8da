import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { MothballError } from '../errors.ts';
import { consumption } from './frames.ts';

const zstdMagic = 0xfd2f_b528;
const skippableMagic = 0x184d_2a50;

/**
 * Octets of the zstd frame at `offset`, found by walking frame and block headers (RFC 8878
 * §3.1.1); null when the bytes end before the frame does. Skippable frames are refused: we write
 * none, and they would hide bytes. @throws MothballError `verify`.
 */
export function zstdFrameLength(bytes: Uint8Array, offset: number): number | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < offset + 5) return null;
  const magic = view.readUInt32LE(offset);
  if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) throw refused('a skippable frame');
  if (magic !== zstdMagic) throw refused('no zstd frame where one should start');
  const descriptor = view.readUInt8(offset + 4);
  let at = offset + 5 + headerFields(descriptor);
  // §3.1.1.2: three octets of header; bit 0 last block, bits 1–2 type, the rest size.
  for (;;) {
    if (view.length < at + 3) return null;
    const header = view.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    if (type === 3) throw refused('a block of the reserved type');
    at += 3 + (type === 1 ? 1 : header >> 3); // an RLE block stores one octet
    if ((header & 1) === 1) break;
  }
  const end = at + ((descriptor & 4) === 0 ? 0 : 4); // content checksum
  return view.length < end ? null : end - offset;
}

/** Octets of window descriptor, dictionary ID and content size (RFC 8878 §3.1.1.1). */
function headerFields(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const windowSize = singleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentFlag = descriptor >> 6;
  const contentSize = contentFlag === 0 ? (singleSegment ? 1 : 0) : 1 << contentFlag;
  return windowSize + dictionary + contentSize;
}

/**
 * Octets of the gzip member at `offset`; null when the bytes end before the member does. Only
 * members without optional fields, as we write them (RFC 1952 §2.3). @throws MothballError `verify`.
 */
export function gzipMemberLength(bytes: Uint8Array, offset: number): number | null {
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
    result = zlib.inflateRawSync(bytes.subarray(offset + headerLength), { info: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR') return null;
    throw refused(error instanceof Error ? error.message : String(error));
  }
  const length = headerLength + consumption(result).consumed + trailerLength;
  return bytes.length < offset + length ? null : length;
}

function refused(what: string): MothballError {
  return new MothballError(`the object is not an archive that Mothball wrote: ${what}`, { code: 'verify' });
}
