import type { ImportSource } from './incoming.ts';
import type { Survey } from './survey.ts';

/** Folders whose archives are written at once, each with buffers and a file of its own. */
const mostFolders = 16;

/**
 * The folders to take in each reading of a source. Files give one folder after the other, so one reading takes
 * them all (null). Labels come mixed: as many folders are gathered at once as fit in one archive's share of the
 * spool, and a larger one alone, so that no archive is closed early for another's sake.
 */
export function passes(
  { foldersFrom }: ImportSource,
  entries: Survey['entries'],
  limit: number,
): readonly (ReadonlySet<string> | null)[] {
  if (foldersFrom === 'files') return [null];
  const sizes = new Map<string, number>();
  for (const { folder, size } of entries) sizes.set(folder, (sizes.get(folder) ?? 0) + size);
  const groups: Set<string>[] = [];
  let left = 0;
  for (const [folder, size] of sizes) {
    const group = groups.at(-1);
    if (group === undefined || size > left || group.size >= mostFolders) {
      groups.push(new Set([folder]));
      left = limit - size;
    } else {
      group.add(folder);
      left -= size;
    }
  }
  return groups;
}
