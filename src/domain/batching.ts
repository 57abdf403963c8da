import type { Bytes } from './brands.ts';

/** An archive holds up to this much mail … */
export const maxArchiveBytes = 256 * 1024 * 1024;
/** … and this many messages, and at least one. */
export const maxArchiveMessages = 10_000;

/** Cuts a list into archives of up to `largest` bytes, keeping its order. A message larger than that gets its own. */
export function intoArchives<M extends { readonly size: Bytes }>(
  messages: readonly M[],
  largest: number = maxArchiveBytes,
): readonly (readonly M[])[] {
  const archives: M[][] = [];
  let current: M[] = [];
  let size = 0;
  for (const message of messages) {
    if (current.length > 0 && (size + message.size > largest || current.length >= maxArchiveMessages)) {
      archives.push(current);
      current = [];
      size = 0;
    }
    current.push(message);
    size += message.size;
  }
  if (current.length > 0) archives.push(current);
  return archives;
}
