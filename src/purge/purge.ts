/**
 * `purge/`: the second half of the safe order, and the only room that deletes mail. `purge.ts` reads
 * top to bottom: archive intact, recheck, intent, delete, confirm. `purge-due.ts` finds what is due,
 * `recover.ts` settles what a crash left, `delete-state.ts` is the only writer of delete states.
 * May import `plan`, `archive`, `preflight`, `work` and what is below the rooms.
 */
import { writeReceipt } from '../archive/receipt.ts';
import { shortId } from '../domain/brands.ts';
import { totals } from '../domain/plan.ts';
import { reasonText } from '../domain/reason.ts';
import { MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { linesOf, recordEnd } from './delete-state.ts';
import { Deletion } from './delete.ts';
import type { Due, PurgeRun } from './due.ts';
import type { ReadAhead } from './read-ahead.ts';
import { recheck, type Rechecked } from './recheck.ts';

/** At most this many UIDs in one STORE and EXPUNGE (SAFETY step 11): the most that a crash leaves open. */
const largestChunk = 500;
/** Messages that are rechecked together, and held in memory. */
const sliceSize = 2500;

/**
 * The safe order, second half (SAFETY steps 9–12) for one archive: recheck, intent, delete,
 * confirm. What fails a check stays on the server and is counted in the ledger. The archive whose
 * mail goes next is read back meanwhile.
 */
export async function purge(run: PurgeRun, due: Due, archives: ReadAhead): Promise<void> {
  const { work, ledger } = run;
  const unreadable = await work.gate.unreadable(due.record);
  if (unreadable !== null) {
    ledger.notice(unreadable, unreadable);
    ledger.skips.add({ code: 'archive-unproved' }, due.entries.length);
    return;
  }
  // Step 9. A crash here leaves nothing: all of it only reads.
  if (!(await archiveIntact(run, due, archives))) return;
  archives.beginAfter(due);
  for (let at = 0; at < due.entries.length; at += sliceSize) {
    work.signal.throwIfAborted();
    const slice = { ...due, entries: due.entries.slice(at, at + sliceSize) };
    const checked = await recheckAndRecord(run, slice);
    if (!(await deleteTargets(run, slice, checked))) return;
  }
}

/** Steps 10–12 for messages that passed the recheck. False: nothing more of this archive in this run. */
async function deleteTargets(
  { work, ledger }: PurgeRun,
  due: Due,
  { folder, targets }: Rechecked,
): Promise<boolean> {
  if (folder === null || targets.length === 0) return true;
  const { record, policy } = due;
  const deleted: DeleteEntry[] = [];
  const inTrash: DeleteEntry[] = [];
  const session = await work.connection.session();
  const deletion = new Deletion(work, session, ledger.skips);
  try {
    for (let at = 0; at < targets.length;) {
      work.signal.throwIfAborted();
      const chunk = targets.slice(at, at + chunkSize(session, at));
      at += chunk.length;
      const outcome = await deletion.remove({ due, targets: chunk, recheckedState: folder });
      const { inTrash: kept = [] } = outcome;
      deleted.push(...outcome.deleted);
      inTrash.push(...kept);
      ledger.deleted(record.folder, totals(outcome.deleted));
      ledger.trashed(record.folder, totals(kept));
      const { messages, bytes } = totals([...outcome.deleted, ...kept]);
      work.progress.advance(messages, bytes);
      if (outcome.stop === null) continue;
      const reason = reasonText(outcome.stop);
      if (outcome.fault) ledger.notice(reason, `"${record.folder}": ${reason}`);
      ledger.skips.add(outcome.stop, targets.length - at);
      return false;
    }
    return true;
  } finally {
    // A receipt lost to a crash costs nothing: after `reindex` those lines are found gone.
    if (deleted.length > 0)
      await writeReceipt(work, record, { mode: policy.delete.mode, lines: linesOf(deleted) });
    if (inTrash.length > 0) await writeReceipt(work, record, { mode: 'trash', lines: linesOf(inTrash) });
    failPoint('after receipt');
  }
}

/** Without UIDPLUS nothing promises a COPYUID: move one message first, to see whether the server returns one. */
function chunkSize(session: MailSession, at: number): number {
  return at === 0 && !session.capabilities.uidplus ? 1 : largestChunk;
}

/** The recheck, with what it found put into the catalog: what is gone, and what is kept and why. */
export async function recheckAndRecord(run: PurgeRun, due: Due): Promise<Rechecked> {
  const { work, ledger } = run;
  const checked = await recheck(run, due);
  await recordEnd(work, due.record, checked.gone, { state: 'gone', reason: { code: 'gone-elsewhere' } });
  for (const { reason, entries } of checked.abandoned)
    await recordEnd(work, due.record, entries, { state: 'abandoned', reason });
  for (const { reason, entries } of [...checked.abandoned, ...checked.waiting]) {
    ledger.skips.add(reason, entries.length);
    if (reason.code === 'copy-differs') ledger.failure(differs(due.record, entries.length));
  }
  return checked;
}

function differs({ id, store }: ArchiveRecord, messages: number): MothballError {
  return new MothballError(
    {
      fact: `archive ${shortId(id)} was found in store "${store}", and does not hold ${messages} of its messages as the server delivers them`,
      notDone: 'they stay on the server and are archived again',
      remedy: 'Find out who can write to the store',
    },
    { code: 'verify' },
  );
}

/** What is damaged is quarantined: its mail stays, and is archived again. */
async function archiveIntact({ work, ledger }: PurgeRun, due: Due, archives: ReadAhead): Promise<boolean> {
  const { record } = due;
  const fault = await archives.faultOf(due);
  if (fault === null) return true;
  await work.catalog.setArchiveState(record.id, 'quarantined', fault, record.manifestSha256);
  ledger.skips.add({ code: 'archive-damaged' }, record.messages);
  const fact = `archive ${shortId(record.id)} in store ${record.store} is no longer what was written (${fault})`;
  const notDone = 'its mail stays on the server and is archived again';
  ledger.failure(new MothballError({ fact, notDone }, { code: 'verify' }));
  return false;
}
