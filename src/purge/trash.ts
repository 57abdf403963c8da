import { type Uid, uid as asUid, uidValidity } from '../domain/brands.ts';
import { type Folder, trashOf } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import { sameFolder } from '../domain/plan.ts';
import { errorMessage, isConnectionLost } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession, MoveResult } from '../ports/mail.ts';
import type { Skips } from '../work/skips.ts';
import type { Work } from '../work/work.ts';
import { type ChunkOutcome, setState, stillThere } from './delete-state.ts';
import type { Due, Target } from './due.ts';

/**
 * SAFETY step 11, `trash`: UID MOVE. A message counts as deleted when a COPYUID pair names it, the
 * copy lies in Trash with equal size and date, and it is gone from where it was. Otherwise stop.
 */
export async function moveToTrash(
  work: Work,
  session: MailSession,
  due: Due,
  targets: readonly Target[],
  skips: Skips,
): Promise<ChunkOutcome> {
  const stop = (reason: string, fault = false): ChunkOutcome => {
    skips.add(reason, targets.length);
    return { deleted: [], stop: reason, fault };
  };
  const trash = trashOf(await session.folders());
  if (trash === null) return stop('the account has no Trash folder: archived only');
  if (trash.path === due.record.folder) return stop('lies in Trash already: mode trash does nothing there');
  const source = await session.select(due.record.folder);
  if (!sameFolder(source, due.record)) return stop('the folder became another one');

  // A crash after this record leaves the message in one of the two folders; the next run looks.
  await setState(work, due, targets, 'deleting', null);
  failPoint('after intent');
  let result: MoveResult;
  try {
    result = await session.move(
      targets.map(({ entry }) => entry.uid),
      trash.path,
    );
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    // RFC 6851 §3.3: a MOVE that is refused may have moved a part. What is gone stays an open intent.
    await session.examine(due.record.folder);
    const present = await stillThere(session, targets);
    const back = targets.filter(({ entry }) => present.has(entry.uid));
    await setState(work, due, back, 'pending', 'MOVE to Trash was refused');
    return stop(`MOVE to Trash was refused (${errorMessage(error)})`, true);
  }
  failPoint('after move');
  const arrived = await inTrash(session, trash, targets, result);
  await session.examine(due.record.folder);
  const present = await stillThere(session, targets);
  const done = targets.filter(({ entry }) => arrived.has(entry.uid) && !present.has(entry.uid));
  await setState(work, due, done, 'deleted', null);
  await remember(work, due.policy.name, trash, result, done);
  failPoint('after deleted record');
  const back = targets.filter(({ entry }) => present.has(entry.uid));
  await setState(work, due, back, 'pending', 'the server did not move it');
  const unsure = targets.length - done.length;
  skips.add('moved to Trash without confirmation', unsure - back.length);
  skips.add('the server did not move it', back.length);
  const reason =
    result.pairs === null
      ? 'the server does not confirm MOVE with COPYUID: stopped'
      : 'not every message arrived in Trash: stopped';
  return { deleted: done.map(({ entry }) => entry), stop: unsure === 0 ? null : reason, fault: unsure > 0 };
}

/** Source UIDs whose copy is in Trash with equal size and date. */
async function inTrash(
  session: MailSession,
  trash: Folder,
  targets: readonly Target[],
  result: MoveResult,
): Promise<ReadonlySet<Uid>> {
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

/** The copies in Trash are ours: no policy archives them a second time. */
async function remember(
  work: Work,
  policy: string,
  trash: Folder,
  result: MoveResult,
  done: readonly Target[],
): Promise<void> {
  const entries = new Map(done.map(({ entry }) => [entry.uid, entry]));
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
