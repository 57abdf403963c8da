import { bytes, type Bytes, type Uid } from './brands.ts';

/** Mail in one archive, unless `archive.maxBytes` says otherwise: what is in memory grows with it. */
export const usualArchiveBytes = bytes(64 * 1024 * 1024);
/** The least that `archive.maxBytes` may be: below it most messages would be archives of their own. */
export const leastArchiveBytes = bytes(1024 * 1024);
/** No archive holds more mail than this … */
export const maxArchiveBytes = bytes(256 * 1024 * 1024);
/** … and more messages than this, and each at least one. */
export const maxArchiveMessages = 2500;

/** Cuts a list into archives of up to `largest` bytes, keeping its order. A message larger than that gets its own. */
export function intoArchives<M extends { readonly size: Bytes }>(
  messages: readonly M[],
  largest: number = usualArchiveBytes,
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

/** How often an archive may fail to read back before its messages are archived in halves. */
const patience = 2;

/**
 * The list in parts that are archived apart. Messages whose archives failed twice go in halves, those
 * that failed once more in halves of that, so that one bad message ends alone.
 */
export function apart<M extends { readonly uid: Uid }>(
  messages: readonly M[],
  failures: ReadonlyMap<Uid, { readonly times: number }>,
): readonly (readonly M[])[] {
  const timesOf = ({ uid }: M): number => {
    const times = failures.get(uid)?.times ?? 0;
    return times < patience ? 0 : times;
  };
  return [...Map.groupBy(messages, timesOf)].flatMap(([times, group]) => {
    if (times === 0) return [group];
    const middle = Math.ceil(group.length / 2);
    return [group.slice(0, middle), group.slice(middle)].filter((half) => half.length > 0);
  });
}

/** Whether a message that failed alone is at fault: not the first time, since a disk may stumble. */
export function isAtFault(times: number): boolean {
  return times >= patience;
}
