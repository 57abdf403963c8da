import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { Compression } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import { consumption } from './zlib-result.ts';
import { ZstdFrameWalk } from './zstd-walk.ts';

/** Bytes of raw mail after which a frame is cut, at a message border. */
export const frameTarget = 1024 * 1024;

/** How we compress frames ourselves; `deflate` is the zip writer's. */
export type FrameCompression = Exclude<Compression, 'deflate'>;

/** Default frames detect no bit flips: the checksum flag is on. Level 3 is zstd's own default. */
const zstdParams = {
  [zlib.constants.ZSTD_c_checksumFlag]: 1,
  [zlib.constants.ZSTD_c_compressionLevel]: 3,
};
const gzipLevel = 6;
/** Node's default of 16 KiB runs at a third of the speed. */
const streamChunk = 256 * 1024;

const decompressors = {
  zstd: zlib.zstdDecompressSync,
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateRawSync,
};

/** One independent frame: a zstd frame, a gzip member, or the bytes themselves. */
export function compressFrame(data: Uint8Array, compression: FrameCompression): Uint8Array {
  switch (compression) {
    case 'zstd':
      return firstFrame(zlib.zstdCompressSync(data, { params: zstdParams, chunkSize: roomFor(data.length) }));
    case 'gzip':
      return zlib.gzipSync(data, { level: gzipLevel, chunkSize: roomFor(data.length) });
    case 'none':
      return data;
  }
}

/**
 * Node ends a zstd frame twice when its output just fills the buffer, or when `end` comes with a
 * chunk still queued: an empty second frame follows, which is cut off here.
 */
function firstFrame(compressed: Uint8Array): Uint8Array {
  return compressed.subarray(0, new ZstdFrameWalk().push(compressed));
}

/** A stream that compresses one frame; what `ZstdFrameWalk` finds after a zstd frame is to be cut off; null for `none`. */
export function frameCompressor(compression: FrameCompression): zlib.ZstdCompress | zlib.Gzip | null {
  switch (compression) {
    case 'zstd':
      return zlib.createZstdCompress({ params: zstdParams, chunkSize: streamChunk });
    case 'gzip':
      return zlib.createGzip({ level: gzipLevel, chunkSize: streamChunk });
    case 'none':
      return null;
  }
}

/** A stream that decompresses; it reads on into a next frame, so its input must be one frame exactly. */
export function frameDecompressor(
  compression: Compression,
): zlib.ZstdDecompress | zlib.Gunzip | zlib.InflateRaw | null {
  switch (compression) {
    case 'zstd':
      return zlib.createZstdDecompress({ chunkSize: streamChunk });
    case 'gzip':
      return zlib.createGunzip({ chunkSize: streamChunk });
    case 'deflate':
      return zlib.createInflateRaw({ chunkSize: streamChunk });
    case 'none':
      return null;
  }
}

/**
 * The bytes of one frame. Every byte of the frame must be consumed and give exactly `length`
 * bytes. @throws MothballError `verify`.
 */
export function decompressFrame(frame: Uint8Array, compression: Compression, length: number): Uint8Array {
  const { data, consumed } = decompressFirst(frame, compression, length);
  if (data.length !== length) throw damaged(`it holds ${data.length} bytes instead of ${length}`);
  if (consumed !== frame.length) throw damaged(`${frame.length - consumed} bytes after its end`);
  return data;
}

/**
 * Decompresses what the bytes start with: a zstd frame, all gzip members or a deflate stream, at most
 * `limit` bytes. @throws MothballError `verify`.
 */
export function decompressFirst(
  frame: Uint8Array,
  compression: Compression,
  limit: number,
): { readonly data: Uint8Array; readonly consumed: number } {
  if (compression === 'none') return { data: frame, consumed: frame.length };
  // maxOutputLength must be at least 1; the caller compares the length itself.
  const options = { info: true, maxOutputLength: Math.max(limit, 1), chunkSize: roomFor(limit) };
  let result: unknown;
  try {
    result = decompressors[compression](frame, options);
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
  return consumption(result);
}

/** Output buffer size that fits `length` bytes in one go; between 4 KiB and 2 MiB. */
function roomFor(length: number): number {
  return Math.min(Math.max(length + 1024, 4096), 2 * frameTarget);
}

/** Joins pieces into one; a single piece is returned as it is. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

function damaged(why: string, cause?: unknown): MothballError {
  return new MothballError({ fact: `a frame of the archive is damaged: ${why}` }, { code: 'verify', cause });
}
