import type { Uid } from './domain/brands.ts';
import { sameFolder, totals, type Totals } from './domain/plan.ts';
import { anotherMessage } from './domain/identity.ts';
import { failPoint } from './failpoint.ts';
import { deleteChunk } from './delete.ts';
import type { Due } from './due.ts';
import type { ArchiveRecord, DeleteEntry } from './ports/records.ts';
import { writeReceipt } from './receipt.ts';
import { recheck } from './recheck.ts';
import { faultsOf } from './seal.ts';
import type { Ledger } from './run-report.ts';
import { MothballError } from './errors.ts';
import type { Work } from './work.ts';

/** At most this many UIDs in one STORE and EXPUNGE (SAFETY step 11): the most that a crash leaves open. */
const chunkSize = 500;
/** Objects on other machines are read again when the last read-back is older than this. */
const freshMs = 24 * 60 * 60 * 1000;

/**
 * The safe order, second half (SAFETY steps 9–12) for one archive: recheck, intent, delete,
 * confirm. Whatever fails a check stays on the server and is counted in `skips`.
 */
export async function purge(work: Work, due: Due, ledger: Ledger): Promise<Totals> {
  const { skips } = ledger;
  const { record, policy } = due;
  work.signal.throwIfAborted();
  // Step 9. A crash here leaves nothing: all of it only reads.
  const [intact, checked] = await bothSettled(archiveIntact(work, due, ledger), recheck(work, due));
  await markLines(work, record, checked.gone, 'gone', 'another client removed it');
  for (const [reason, lines] of checked.abandoned) {
    await markLines(work, record, lines, 'abandoned', reason);
    skips.add(reason, lines.length);
  }
  for (const [reason, lines] of checked.waiting) skips.add(reason, lines.length);
  if (!intact) return totals([]);

  const deleted: DeleteEntry[] = [];
  const session = await work.line.session();
  try {
    for (let at = 0; at < checked.targets.length; at += chunkSize) {
      work.signal.throwIfAborted();
      const chunk = checked.targets.slice(at, at + chunkSize);
      const outcome = await deleteChunk(work, session, due, checked.folder, chunk, skips);
      deleted.push(...outcome.deleted);
      work.progress.advance(outcome.deleted.length, totals(outcome.deleted).bytes);
      if (outcome.stop !== null) {
        if (outcome.fault) ledger.notice(outcome.stop, `"${record.folder}": ${outcome.stop}`);
        skips.add(outcome.stop, checked.targets.length - at - chunk.length);
        break;
      }
    }
  } finally {
    // A receipt lost to a crash costs nothing: after `reindex` those lines are found gone.
    if (deleted.length > 0)
      await writeReceipt(
        work,
        record,
        policy.delete.mode,
        deleted.map((entry) => entry.line),
      );
  }
  failPoint('after receipt');
  return totals(deleted);
}

/** Object and manifest are still what was written: local files always read in full, others once a day. */
async function archiveIntact(work: Work, { record }: Due, ledger: Ledger): Promise<boolean> {
  const store = await work.gate.open(record.store);
  const now = work.clock.now();
  const fresh = record.verifiedAt !== null && now.getTime() - record.verifiedAt.getTime() < freshMs;
  if (
    store.kind !== 'local' &&
    fresh &&
    (await store.stat(record.key)) !== null &&
    (await store.stat(record.manifestKey)) !== null
  )
    return true;
  const [fault] = await faultsOf(work, store, record);
  if (fault === undefined) return true;
  await work.catalog.setArchiveState(record.id, 'quarantined', fault);
  ledger.skips.add('archive damaged or missing', record.messages);
  const name = `archive ${record.id.slice(0, 12)} in store ${record.store}`;
  const message = `${name} is no longer what was written (${fault}); its mail stays on the server and is archived again`;
  ledger.failure(new MothballError(message, { code: 'verify' }));
  return false;
}

async function markLines(
  work: Work,
  record: ArchiveRecord,
  lines: readonly number[],
  state: 'gone' | 'abandoned',
  reason: string,
): Promise<void> {
  if (lines.length > 0) await work.catalog.setDeleteState(record.id, lines, state, work.clock.now(), reason);
}

/** Both to the end, then the first failure: nothing goes on in the background afterwards. */
async function bothSettled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/**
 * Intents that a crash or a lost connection left open (SAFETY "Crash"): what is gone under the same
 * identity was deleted, what is there loses our \Deleted and is rechecked from step 9.
 */
export async function recoverIntents(work: Work): Promise<void> {
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const open = await work.catalog.deleteEntries(record.id, ['deleting']);
    if (open.length === 0) continue;
    work.signal.throwIfAborted();
    const session = await work.line.session();
    const known = (await session.folders()).some(
      (folder) => folder.path === record.folder && folder.selectable,
    );
    if (!known || !sameFolder(await session.select(record.folder), record)) {
      await markLines(work, record, linesOf(open), 'abandoned', anotherMessage);
      continue;
    }
    const there = new Map<Uid, readonly string[]>();
    for await (const meta of session.fetchMeta(open.map((entry) => entry.uid)))
      there.set(meta.uid, meta.flags);
    const marked = [...there].filter(([, flags]) => flags.includes('\\deleted')).map(([uid]) => uid);
    if (marked.length > 0) await session.unmarkDeleted(marked);
    const now = work.clock.now();
    const gone = open.filter((entry) => !there.has(entry.uid));
    if (gone.length > 0) {
      await work.catalog.setDeleteState(record.id, linesOf(gone), 'deleted', now, null);
      await writeReceipt(work, record, 'expunge', linesOf(gone));
    }
    const back = open.filter((entry) => there.has(entry.uid));
    if (record.state === 'verified') await wait(work, record, back);
    else await markLines(work, record, linesOf(back), 'abandoned', record.stateReason ?? record.state);
  }
}

/** Back to pending; the grace that they have waited stays. */
async function wait(work: Work, record: ArchiveRecord, entries: readonly DeleteEntry[]): Promise<void> {
  const groups = Map.groupBy(entries, (entry) => (entry.pendingSince ?? work.clock.now()).getTime());
  for (const [since, group] of groups) {
    await work.catalog.setDeleteState(record.id, linesOf(group), 'pending', new Date(since), null);
  }
}

function linesOf(entries: readonly DeleteEntry[]): readonly number[] {
  return entries.map((entry) => entry.line);
}
