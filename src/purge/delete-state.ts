import type { Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { Work } from '../work/work.ts';
import type { Due, Target } from './due.ts';

export interface ChunkOutcome {
  /** Confirmed gone. */
  readonly deleted: readonly DeleteEntry[];
  /** Why nothing more of this archive should be tried in this run; null: go on. */
  readonly stop: string | null;
  /** True when the server did not do what it was told: a person should know. */
  readonly fault: boolean;
  /** The folder as it was selected to confirm, and still is; without it, the next chunk selects it. */
  readonly selected?: FolderState;
}

/** Which of the targets the folder selected or examined now still holds. */
export async function stillThere(
  session: MailSession,
  targets: readonly Target[],
): Promise<ReadonlySet<Uid>> {
  const present = new Set<Uid>();
  for await (const meta of session.fetchMeta(targets.map(({ entry }) => entry.uid))) present.add(meta.uid);
  return present;
}

/** Writes the state of the lines; back to pending keeps the grace they have already waited. */
export async function setState(
  work: Work,
  due: Due,
  targets: readonly Target[],
  state: 'deleting' | 'deleted' | 'pending',
  reason: string | null,
): Promise<void> {
  if (targets.length === 0) return;
  // The kill switch: without an intent nothing is deleted, so no chunk begins while it is on.
  if (state === 'deleting') await requireNotPaused(work.catalog);
  const lines = targets.map(({ entry }) => entry.line);
  const since = state === 'pending' ? (targets[0]?.entry.pendingSince ?? work.clock.now()) : work.clock.now();
  await work.catalog.setDeleteState(due.record.id, lines, state, since, reason);
}
