import type { Bytes, Uid } from './brands.ts';
import type { Folder } from './folder.ts';
import { folderMatches } from './glob.ts';
import type { DrainOutlook } from './plan.ts';
import type { Order } from './policy.ts';
import type { QuotaView } from './quota.ts';

/** A message that may leave, with its folder. */
export interface Candidate {
  readonly folder: Folder;
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
}

/**
 * Candidates in the order they leave: by folder priority (the first pattern that fits; what fits
 * none comes last), then oldest or largest first. Ties go by folder name and UID, so that the
 * order is the same every time.
 */
export function inOrder<C extends Candidate>(candidates: readonly C[], order: Order): readonly C[] {
  const priorities = new Map<string, number>();
  const priority = (folder: Folder): number => {
    const known = priorities.get(folder.path);
    if (known !== undefined) return known;
    const index = order.folders.findIndex((pattern) => folderMatches(pattern, folder));
    const found = index < 0 ? order.folders.length : index;
    priorities.set(folder.path, found);
    return found;
  };
  const key = (candidate: Candidate): number =>
    order.by === 'oldest' ? candidate.internalDate.getTime() : -Number(candidate.size);
  return candidates.toSorted(
    (a, b) =>
      priority(a.folder) - priority(b.folder) ||
      key(a) - key(b) ||
      compare(a.folder.path, b.folder.path) ||
      a.uid - b.uid,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What one message frees of a resource. */
export function weight(view: QuotaView, message: { readonly size: Bytes }): number {
  return view.resource === 'storage' ? message.size : 1;
}

/**
 * Takes candidates, already in order, until usage is under `target`, and not one more.
 * @param pending what is archived and waits for its purge; it counts as freed already.
 */
export function takeUntilUnder<C extends Candidate>(
  ordered: readonly C[],
  view: QuotaView,
  target: number,
  pending: number,
): { readonly taken: readonly C[]; readonly outlook: DrainOutlook } {
  const needed = Math.max(0, view.used - pending - target);
  let left = view.used - pending;
  const taken: C[] = [];
  for (const candidate of ordered) {
    if (left < target) break;
    taken.push(candidate);
    left -= weight(view, candidate);
  }
  const shortfall = needed === 0 ? 0 : Math.max(0, left - target);
  return { taken, outlook: { view, target, needed, shortfall } };
}
