import { type Uid, uid as asUid, uidValidity } from '../domain/brands.ts';
import { type Folder, sameFolder, trashOf } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import { sameLabels } from '../domain/labels.ts';
import { sameFlags } from '../domain/match.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { Reason } from '../domain/reason.ts';
import { errorMessage, isConnectionLost, type MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession, MoveResult } from '../ports/mail.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Skips } from '../work/skips.ts';
import { backToPending, recordEnd, recordIntent } from './delete-state.ts';
import type { Chunk, ChunkOutcome, Target } from './due.ts';
import { isRefusal } from './refusals.ts';
import { stillThere } from './still-there.ts';

/**
 * SAFETY step 11, `trash`: UID MOVE. A message counts as deleted when a COPYUID pair names it, the
 * copy is in Trash with equal size and date, and it is gone from where it was. Otherwise stop.
 */
export async function moveToTrash(
  work: LockedWork,
  session: MailSession,
  chunk: Chunk,
  skips: Skips,
): Promise<ChunkOutcome> {
  const { record } = chunk.due;
  const stop = (reason: Reason): ChunkOutcome => {
    skips.add(reason, chunk.targets.length);
    return { deleted: [], stop: reason, fault: false };
  };
  const trash = trashOf(await session.folders());
  if (trash === null) return stop({ code: 'no-trash' });
  if (trash.path === record.folder) return stop({ code: 'in-trash' });
  const source = await session.select(record.folder);
  if (!sameFolder(source, record)) return stop({ code: 'another-folder' });
  // MOVE has no UNCHANGEDSINCE: what was flagged since the recheck is seen here and by the fence.
  const targets = await unchanged(session, chunk.targets);
  skips.add({ code: 'changed-meanwhile' }, chunk.targets.length - targets.length);
  if (targets.length === 0) return { deleted: [], stop: null, fault: false };

  // A crash after this record leaves the message in one of the two folders; the next run looks.
  const asked = targets.map(({ entry }) => entry);
  await recordIntent(work, record, asked);
  failPoint('after intent');
  const moving = await fenced({ work, session, chunk, skips }, targets);
  if (moving.length === 0) return { deleted: [], stop: null, fault: false };
  return moveThem({ work, session, chunk, skips }, trash, moving);
}

/** The deletion of one chunk by MOVE. */
export interface Moving {
  readonly work: LockedWork;
  readonly session: MailSession;
  readonly chunk: Chunk;
  readonly skips: Skips;
}

/**
 * With CONDSTORE the fence keyword is set UNCHANGEDSINCE the recheck first: what was changed since
 * then, and changed back, is found too. The changed ones go back to wait.
 */
export async function fenced(
  { work, session, chunk, skips }: Moving,
  targets: readonly Target[],
): Promise<readonly Target[]> {
  const { highestModseq } = chunk.recheckedState;
  if (highestModseq === null || !session.capabilities.condstore) return targets;
  let left: readonly Target[];
  try {
    const uids = targets.map(({ entry }) => entry.uid);
    const modified = new Set(await session.fence(uids, highestModseq));
    left = targets.filter(({ entry }) => !modified.has(entry.uid));
  } catch (error) {
    // A server without keywords refuses; then it is the flags that decide, once more.
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
    left = await unchanged(session, targets);
  }
  const changed = targets.filter((target) => !left.includes(target)).map(({ entry }) => entry);
  await backToPending(work, chunk.due.record, changed, { code: 'changed-meanwhile' });
  skips.add({ code: 'changed-meanwhile' }, changed.length);
  return left;
}

/** UID MOVE of what has an open intent, and the look at both folders that proves it. */
async function moveThem(
  { work, session, chunk, skips }: Moving,
  trash: Folder,
  targets: readonly Target[],
): Promise<ChunkOutcome> {
  const { record, policy } = chunk.due;
  const entries = targets.map(({ entry }) => entry);
  let result: MoveResult;
  try {
    result = await session.move(
      entries.map((entry) => entry.uid),
      trash.path,
    );
  } catch (error) {
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
    // RFC 6851 §3.3: a MOVE that is refused may have moved a part. What is gone stays an open intent.
    await session.examine(record.folder);
    const present = await stillThere(session, targets);
    const refused = { code: 'move-refused', detail: errorMessage(error) } as const;
    await backToPending(
      work,
      record,
      entries.filter((entry) => present.has(entry.uid)),
      refused,
    );
    // Where a part is gone nothing confirms it, and where Trash itself is refused less mail is refused too.
    const whole = session.capabilities.uidplus && present.size === entries.length;
    if (whole && isRefusal(error) && !isOfTrash(error))
      return { deleted: [], stop: null, fault: true, refused: { entries, reason: refused, error } };
    skips.add(refused, targets.length);
    return { deleted: [], stop: refused, fault: true };
  }
  failPoint('after move');
  const arrived = await inTrash({ session, trash, targets, result });
  await session.examine(record.folder);
  const present = await stillThere(session, targets);
  const done = entries.filter((entry) => arrived.has(entry.uid) && !present.has(entry.uid));
  // Before the record: a crash in between leaves the intent open, and the copies known.
  await remember(work, policy.name, { trash, result, done });
  await recordEnd(work, record, done, { state: 'deleted' });
  failPoint('after deleted record');
  const back = entries.filter((entry) => present.has(entry.uid));
  await backToPending(work, record, back, { code: 'not-moved' });
  const unsure = targets.length - done.length;
  skips.add({ code: 'move-unconfirmed' }, unsure - back.length);
  skips.add({ code: 'not-moved' }, back.length);
  const reason: Reason = { code: result.pairs === null ? 'move-without-copyuid' : 'move-incomplete' };
  return { deleted: done, stop: unsure === 0 ? null : reason, fault: unsure > 0 };
}

/** The refusal is about Trash and not about a message (RFC 5530, RFC 9208). */
function isOfTrash({ said }: MothballError): boolean {
  // Cyrus says in words only that a quota is reached.
  const codes = ['OVERQUOTA', 'TRYCREATE', 'NONEXISTENT', 'NOPERM', 'CANNOT'];
  return codes.includes(said?.code ?? '') || /quota/i.test(said?.text ?? '');
}

/** Targets whose flags, labels and identity are still those of the recheck; one that is gone is not among them. */
export async function unchanged(
  session: MailSession,
  targets: readonly Target[],
): Promise<readonly Target[]> {
  const now = new Map<Uid, MessageMeta>();
  for await (const meta of session.fetchMeta(targets.map(({ entry }) => entry.uid))) now.set(meta.uid, meta);
  return targets.filter(({ entry, flags }) => {
    const meta = now.get(entry.uid);
    if (meta === undefined || meta.flags === null || meta.labels === null) return false;
    const same = entry.emailId === null || meta.emailId === entry.emailId;
    return same && sameFlags(meta.flags, flags) && sameLabels(meta.labels, entry.labels);
  });
}

interface Moved {
  readonly session: MailSession;
  readonly trash: Folder;
  readonly targets: readonly Target[];
  readonly result: MoveResult;
}

/** Source UIDs whose copy is in Trash with equal size and date. */
async function inTrash({ session, trash, targets, result }: Moved): Promise<ReadonlySet<Uid>> {
  const arrived = new Set<Uid>();
  const state = await session.examine(trash.path);
  if (result.pairs === null || result.targetUidValidity !== state.uidValidity) return arrived;
  const sources = new Map(result.pairs.map((pair) => [pair.target, pair.source]));
  const entries = new Map(targets.map(({ entry }) => [entry.uid, entry]));
  for await (const meta of session.fetchMeta([...sources.keys()].toSorted((a, b) => a - b))) {
    const source = sources.get(meta.uid);
    const entry = source === undefined ? undefined : entries.get(source);
    if (source !== undefined && entry !== undefined && sameMessage({ ...entry, emailId: null }, meta))
      arrived.add(source);
  }
  return arrived;
}

interface Arrived {
  readonly trash: Folder;
  readonly result: MoveResult;
  readonly done: readonly Target['entry'][];
}

/** The copies in Trash are ours: no policy archives them a second time. */
async function remember(work: LockedWork, policy: string, { trash, result, done }: Arrived): Promise<void> {
  const entries = new Map(done.map((entry) => [entry.uid, entry]));
  const records = (result.pairs ?? []).flatMap((pair) => {
    const entry = entries.get(pair.source);
    if (entry === undefined || result.targetUidValidity === null) return [];
    return [
      {
        ...work.account,
        folder: trash.path,
        uidValidity: uidValidity(result.targetUidValidity),
        uid: asUid(pair.target),
        sha256: entry.sha256,
        outcome: 'trashed' as const,
        detail: policy,
        at: work.clock.now(),
      },
    ];
  });
  if (records.length > 0) await work.catalog.addRestores(records);
}
