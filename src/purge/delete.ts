import type { Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { hasFlag } from '../domain/match.ts';
import { sameFolder } from '../domain/plan.ts';
import { MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { Skips } from '../work/skips.ts';
import type { Work } from '../work/work.ts';
import { type ChunkOutcome, setState, stillThere } from './delete-state.ts';
import type { Due, Target } from './due.ts';
import { moveToTrash } from './trash.ts';

/**
 * SAFETY steps 10–12 for at most 500 messages that passed the recheck. `selected` is the folder as the
 * chunk before left it, selected afresh.
 */
export async function deleteChunk(
  work: Work,
  session: MailSession,
  due: Due,
  rechecked: FolderState,
  selected: FolderState | null,
  targets: readonly Target[],
  skips: Skips,
): Promise<ChunkOutcome> {
  const { uidplus, move, gmail } = session.capabilities;
  if (gmail) return kept(skips, targets, 'Gmail keeps one message under many labels: archived only');
  if (due.policy.delete.mode === 'expunge' && uidplus)
    return expungeChunk(work, session, due, rechecked, selected, targets, skips);
  if (move) return moveToTrash(work, session, due, targets, skips);
  const lacking = due.policy.delete.mode === 'trash' ? 'MOVE' : 'UIDPLUS';
  return kept(skips, targets, `the server lacks ${lacking}: archived only`);
}

function kept(skips: Skips, targets: readonly Target[], reason: string): ChunkOutcome {
  skips.add(reason, targets.length);
  return { deleted: [], stop: reason, fault: false };
}

async function expungeChunk(
  work: Work,
  session: MailSession,
  due: Due,
  rechecked: FolderState,
  known: FolderState | null,
  targets: readonly Target[],
  skips: Skips,
): Promise<ChunkOutcome> {
  const { record } = due;
  const selected = known ?? (await session.select(record.folder));
  if (!sameFolder(selected, rechecked)) return kept(skips, targets, 'the folder became another one');
  const uids = targets.map(({ entry }) => entry.uid);

  // A crash after this record and before EXPUNGE leaves marks; the next run removes them and rechecks.
  await setState(work, due, targets, 'deleting', null);
  failPoint('after intent');
  // The HIGHESTMODSEQ of the recheck, not one that moved since: any change meanwhile answers MODIFIED.
  const modified = new Set(await session.markDeleted(uids, rechecked.highestModseq));
  failPoint('after store');
  const { sure, unmark } = await sortByFlags(session, targets, modified);
  if (unmark.length > 0) await session.unmarkDeleted(unmark);
  const left = targets.filter((target) => !sure.includes(target));
  await setState(work, due, left, 'pending', 'changed while it was being deleted');
  skips.add('changed while it was being deleted', left.length);
  if (sure.length === 0) return { deleted: [], stop: null, fault: false };

  await session.expunge(sure.map(({ entry }) => entry.uid));
  // A crash here: the intent is open, the next run finds them gone and counts them as deleted.
  failPoint('after expunge');
  return confirm(work, session, due, sure, selected, skips);
}

/** Only those whose flags are the rechecked ones plus \Deleted may go; from the rest our mark is taken back. */
async function sortByFlags(
  session: MailSession,
  targets: readonly Target[],
  modified: ReadonlySet<Uid>,
): Promise<{ readonly sure: readonly Target[]; readonly unmark: readonly Uid[] }> {
  const now = new Map<Uid, readonly string[]>();
  for await (const meta of session.fetchMeta(targets.map(({ entry }) => entry.uid)))
    now.set(meta.uid, meta.flags);
  const sure: Target[] = [];
  const unmark: Uid[] = [];
  for (const target of targets) {
    const { uid } = target.entry;
    const flags = now.get(uid);
    if (flags === undefined || !hasFlag(flags, '\\deleted') || modified.has(uid)) continue;
    if (alike(flags, [...target.flags, '\\deleted'])) sure.push(target);
    else unmark.push(uid);
  }
  return { sure, unmark };
}

/** The same flags in any order; \Recent belongs to the session and not to the message. */
function alike(a: readonly string[], b: readonly string[]): boolean {
  const key = (flags: readonly string[]): string =>
    [...new Set(flags.map((flag) => flag.toLowerCase()))]
      .filter((flag) => flag !== '\\recent')
      .toSorted()
      .join(' ');
  return key(a) === key(b);
}

/**
 * Step 12: in a fresh look at the folder they are gone, and nothing else is. SELECT is as fresh as
 * EXAMINE, and the next chunk needs it.
 */
async function confirm(
  work: Work,
  session: MailSession,
  due: Due,
  targets: readonly Target[],
  before: FolderState,
  skips: Skips,
): Promise<ChunkOutcome> {
  const { record } = due;
  const after = await session.select(record.folder);
  if (!sameFolder(after, record)) {
    throw new MothballError(
      `${record.account}: folder "${record.folder}" became another one while messages were being deleted from it; stopped. The open intent is settled by the next run.`,
      { code: 'protocol' },
    );
  }
  const present = await stillThere(session, targets);
  const gone = targets.filter(({ entry }) => !present.has(entry.uid));
  await setState(work, due, gone, 'deleted', null);
  failPoint('after deleted record');
  const missing = before.messages - gone.length - after.messages;
  if (missing > 0) {
    work.progress.note(
      `${record.account} "${record.folder}": ${missing} more messages than those named are gone; another client removed them, or the server did`,
    );
  }
  const stayed = targets.filter(({ entry }) => present.has(entry.uid));
  if (stayed.length === 0)
    return { deleted: gone.map(({ entry }) => entry), stop: null, fault: false, selected: after };
  await session.unmarkDeleted(stayed.map(({ entry }) => entry.uid));
  const reason = 'the server did not remove it';
  await setState(work, due, stayed, 'pending', reason);
  skips.add(reason, stayed.length);
  return { deleted: gone.map(({ entry }) => entry), stop: reason, fault: true };
}
