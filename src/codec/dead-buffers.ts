import { Buffer } from 'node:buffer';
import { isMainThread } from 'node:worker_threads';

/** Bytes of mail between two collections of the main thread's young generation. */
const youngInterval = 8 * 1024 * 1024;
/** Bytes of mail between two collections of everything, which on the main thread take tens of milliseconds. */
export const fullInterval = 48 * 1024 * 1024;
let sinceYoung = 0;
let sinceFull = 0;

/**
 * Informs this thread's collector that this many bytes went through buffers that are dead now. V8
 * counts only their small heads and lets 64 MiB of dead memory gather in each thread before it
 * acts. `gc` exists because the launcher starts Node with --expose-gc; without it the only loss is
 * memory.
 */
export function passedThrough(bytes: number): void {
  sinceYoung += bytes;
  sinceFull += bytes;
  if (sinceFull >= fullInterval) globalThis.gc?.({ type: 'major', execution: 'sync' });
  else if (sinceYoung >= youngInterval && isMainThread) globalThis.gc?.({ type: 'minor', execution: 'sync' });
  else return;
  sinceYoung = 0;
  if (sinceFull >= fullInterval) sinceFull = 0;
}

/**
 * Frees all the memory behind a view, which must be nobody else's; small views are cut from a
 * pool that Node shares out, and stay as they are.
 */
export function releaseBehind({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}

/**
 * Frees the memory of a buffer that nobody reads any more, at once and without the collector. A view
 * of memory that others share stays as it is.
 */
export function release(data: Uint8Array): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0);
}
