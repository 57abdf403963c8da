import { sameFolder, type Folder } from '../domain/folder.ts';
import type { Uid } from '../domain/brands.ts';
import type { Reason } from '../domain/reason.ts';
import { errorMessage, isConnectionLost } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Skips } from '../work/skips.ts';
import { backToPending, recordEnd, recordIntent } from './delete-state.ts';
import type { Chunk, ChunkOutcome, Target } from './due.ts';
import { findInTrash, rememberTrashed, removeFromTrash } from './gmail-trash.ts';
import { stillThere } from './still-there.ts';
import { fenced, unchanged } from './trash.ts';

interface Leaving {
  readonly work: LockedWork;
  readonly session: MailSession;
  readonly chunk: Chunk;
  readonly skips: Skips;
}

/**
 * SAFETY "Gmail": MOVE to Trash takes all labels away. A message counts as moved when its X-GM-MSGID is
 * found in Trash and it is gone from where it was. With `expunge` it is then removed from Trash; while
 * it is there, nothing counts as freed. \Deleted is never set outside Trash.
 */
export async function deleteOnGmail(leaving: Leaving, trash: Folder): Promise<ChunkOutcome> {
  const { work, session, chunk, skips } = leaving;
  const { record } = chunk.due;
  const source = await session.select(record.folder);
  if (!sameFolder(source, chunk.recheckedState)) {
    skips.add({ code: 'another-folder' }, chunk.targets.length);
    return { deleted: [], stop: { code: 'another-folder' }, fault: false };
  }
  // Flags, labels and X-GM-MSGID once more: MOVE has no UNCHANGEDSINCE.
  const targets = await unchanged(session, chunk.targets);
  skips.add({ code: 'changed-meanwhile' }, chunk.targets.length - targets.length);
  if (targets.length === 0) return { deleted: [], stop: null, fault: false };

  // A crash after this record leaves each message in All Mail or in Trash: its X-GM-MSGID is recorded.
  await recordIntent(work, record, entriesOf(targets));
  failPoint('after intent');
  const moving = await fenced(leaving, targets);
  if (moving.length === 0) return { deleted: [], stop: null, fault: false };
  const { hints, refusal } = await moved(session, trash, moving);
  failPoint('after move');
  return settle(leaving, trash, { moving, hints, refusal });
}

interface Moved {
  /** UIDs in Trash that COPYUID named: only where to look first. */
  readonly hints: readonly Uid[];
  /** Why the server refused; a part may have been moved all the same (RFC 6851 §3.3). */
  readonly refusal: Reason | null;
}

async function moved(session: MailSession, trash: Folder, targets: readonly Target[]): Promise<Moved> {
  try {
    const uids = targets.map(({ entry }) => entry.uid);
    const { pairs } = await session.move(uids, trash.path);
    return { hints: (pairs ?? []).map(({ target }) => target), refusal: null };
  } catch (error) {
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
    return { hints: [], refusal: { code: 'move-refused', detail: errorMessage(error) } };
  }
}

/** Looks where each message is now, removes from Trash what should go for good, and records it. */
async function settle(
  { work, session, chunk, skips }: Leaving,
  trash: Folder,
  { moving, hints, refusal }: Moved & { readonly moving: readonly Target[] },
): Promise<ChunkOutcome> {
  const { record, policy } = chunk.due;
  await session.examine(record.folder);
  const present = await stillThere(session, moving);
  const away = moving.filter(({ entry }) => !present.has(entry.uid));
  const look = await findInTrash(session, trash, entriesOf(away), { hints });
  const flags = new Map(away.map(({ entry, flags: rechecked }) => [entry, rechecked]));
  const found = { ...look, ours: look.ours.map((one) => ({ ...one, flags: flags.get(one.entry) ?? null })) };
  // Before the record: a crash in between leaves the intent open, and the copies known.
  await rememberTrashed(work, policy.name, trash, found);
  failPoint('after trash record');
  const gone = policy.delete.mode === 'expunge' ? await removeFromTrash(session, trash, found) : [];
  const left = found.ours.filter((one) => !gone.includes(one));
  const [deleted, inTrash] = [gone, left].map((list) => list.map(({ entry }) => entry));
  await recordEnd(work, record, [...(deleted ?? []), ...(inTrash ?? [])], { state: 'deleted' });
  failPoint('after deleted record');

  const back = entriesOf(moving).filter(({ uid }) => present.has(uid));
  const notMoved = refusal ?? ({ code: 'not-moved' } as const);
  await backToPending(work, record, back, notMoved);
  skips.add(notMoved, back.length);
  skips.add({ code: 'left-in-trash' }, left.length);
  const unsure = away.length - found.ours.length;
  skips.add({ code: 'move-unconfirmed' }, unsure);
  const faulty = unsure + back.length > 0;
  const stuck = policy.delete.mode === 'expunge' && left.length > 0;
  const reason: Reason = refusal ?? { code: faulty ? 'move-incomplete' : 'left-in-trash' };
  return {
    deleted: deleted ?? [],
    inTrash: inTrash ?? [],
    stop: faulty || stuck ? reason : null,
    fault: faulty || stuck,
  };
}

function entriesOf(targets: readonly Target[]): readonly DeleteEntry[] {
  return targets.map(({ entry }) => entry);
}
