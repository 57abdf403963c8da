import { Buffer } from 'node:buffer';

/**
 * Frees all the memory behind a view, which must be nobody else's; small views are cut from a
 * pool that Node shares out, and stay as they are.
 */
export function releaseBehind({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength > Buffer.poolSize)
    buffer.transfer(0);
}

/**
 * Frees the memory of a buffer that nobody reads any more, at once and without the collector. A view
 * of memory that others share stays as it is, and so does what was freed before.
 */
export function release(data: Uint8Array): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === data.byteLength)
    buffer.transfer(0);
}

/**
 * Frees what a stream of zlib handed out last from a buffer: with a piece that ends where its memory ends,
 * the stream goes on in other memory, and all pieces before it must have been consumed.
 */
export function releaseFilled(piece: Uint8Array): void {
  if (piece.byteOffset + piece.byteLength === piece.buffer.byteLength) releaseBehind(piece);
}
