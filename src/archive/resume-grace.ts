import { sameLabels } from '../domain/labels.ts';
import type { FolderPlan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { FolderRef } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** Messages that this policy archived before and kept, and selects again: their grace starts again. */
export async function resumeGrace(
  work: LockedWork,
  policy: Policy,
  { folder, state, messages }: FolderPlan,
): Promise<void> {
  const again = new Map(messages.filter(({ archived }) => archived).map((message) => [message.uid, message]));
  if (policy.delete === null || again.size === 0) return;
  const ref = refOf(work, { folder, state });
  const found = await work.catalog.copiesOf(policy.name, policy.archive.to, ref, [...again.keys()]);
  // A copy under labels that the message no longer has is none.
  const copies = found.filter(({ uid, labels }) => sameLabels(labels, again.get(uid)?.labels));
  const waits = new Set(
    copies.filter((copy) => copy.state === 'pending' || copy.state === 'deleting').map((copy) => copy.uid),
  );
  // Where there are two copies, one waits: the message leaves once, and counts once as freed.
  const kept = new Map(
    copies.filter(({ uid }) => again.has(uid) && !waits.has(uid)).map((copy) => [copy.uid, copy]),
  );
  for (const [id, entries] of Map.groupBy(kept.values(), (entry) => entry.archive)) {
    const lines = entries.map((entry) => entry.line);
    await work.catalog.setDeleteState(id, lines, { state: 'pending', at: work.clock.now(), reason: null });
  }
}

export function refOf(work: LockedWork, { folder, state }: Pick<FolderPlan, 'folder' | 'state'>): FolderRef {
  const { uidValidity, mailboxId } = state;
  return { ...work.account, folder: folder.path, uidValidity, mailboxId };
}
