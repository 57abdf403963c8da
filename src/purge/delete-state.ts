import type { Reason } from '../domain/reason.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { LockedWork } from '../work/locked-work.ts';

/**
 * SAFETY step 10: the durable intent, before the first command that changes mail.
 * @throws `interrupted` while Mothball is paused: without an intent nothing is deleted.
 */
export async function recordIntent(
  work: LockedWork,
  record: ArchiveRecord,
  entries: readonly DeleteEntry[],
): Promise<void> {
  await requireNotPaused(work.catalog);
  const { run } = work;
  const change = { state: 'deleting', at: work.clock.now(), reason: null, run } as const;
  await work.catalog.setDeleteState(record.id, linesOf(entries), change);
}

/** What became of messages for good. */
export type Ending =
  | { readonly state: 'deleted' }
  | { readonly state: 'gone'; readonly reason: Reason }
  | { readonly state: 'abandoned'; readonly reason: Reason };

export async function recordEnd(
  work: LockedWork,
  record: ArchiveRecord,
  entries: readonly DeleteEntry[],
  ending: Ending,
): Promise<void> {
  if (entries.length === 0) return;
  const reason = ending.state === 'deleted' ? null : ending.reason;
  const change = { state: ending.state, at: work.clock.now(), reason };
  await work.catalog.setDeleteState(record.id, linesOf(entries), change);
}

/** Back to pending: each line keeps the grace that it has waited. */
export async function backToPending(
  work: LockedWork,
  record: ArchiveRecord,
  entries: readonly DeleteEntry[],
  reason: Reason | null,
): Promise<void> {
  const groups = Map.groupBy(entries, (entry) => (entry.pendingSince ?? work.clock.now()).getTime());
  for (const [since, group] of groups) {
    const change = { state: 'pending', at: new Date(since), reason } as const;
    await work.catalog.setDeleteState(record.id, linesOf(group), change);
  }
}

export function linesOf(entries: readonly DeleteEntry[]): readonly number[] {
  return entries.map((entry) => entry.line);
}
