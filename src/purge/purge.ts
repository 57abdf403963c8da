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
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { linesOf, recordEnd } from './delete-state.ts';
import { Deletion } from './delete.ts';
import type { Due, PurgeRun } from './due.ts';
import { chunksOf } from './chunks.ts';
import type { ArchiveProofs } from './read-ahead.ts';
import { recheck, type Rechecked } from './recheck.ts';
import { nameRefused, Refusals } from './refusals.ts';

/** Messages that are rechecked together, and held in memory. */
const sliceSize = 2500;

/**
 * The safe order, second half (SAFETY steps 9–12) for one archive: recheck, intent, delete,
 * confirm. What fails a check stays on the server and is counted in the ledger. The archive whose
 * mail goes next is read back meanwhile.
 */
export async function purge(run: PurgeRun, due: Due, archives: ArchiveProofs): Promise<void> {
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

/** Messages for one chunk; the halves of a chunk that was refused are rechecked first (SAFETY step 9). */
type Part = Pick<Rechecked, 'folder' | 'targets'> | readonly DeleteEntry[];

/** Steps 10–12 for messages that passed the recheck. False: nothing more of this archive in this run. */
async function deleteTargets(
  run: PurgeRun,
  due: Due,
  { folder, targets }: Pick<Rechecked, 'folder' | 'targets'>,
): Promise<boolean> {
  if (folder === null || targets.length === 0) return true;
  const { work, ledger } = run;
  const { record, policy } = due;
  const deleted: DeleteEntry[] = [];
  const refusals = new Refusals();
  const inTrash: DeleteEntry[] = [];
  const session = await work.connection.session();
  const deletion = new Deletion(work, session, ledger.skips);
  try {
    const parts: Part[] = chunksOf(session, targets).map((chunk) => ({ folder, targets: chunk }));
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      work.signal.throwIfAborted();
      const checked = 'targets' in part ? part : await recheckAndRecord(run, { ...due, entries: part });
      if (checked.folder === null || checked.targets.length === 0) continue;
      const chunk = { due, targets: checked.targets, recheckedState: checked.folder };
      const outcome = await deletion.remove(chunk);
      const { inTrash: kept = [] } = outcome;
      deleted.push(...outcome.deleted);
      inTrash.push(...kept);
      ledger.deleted(record.folder, totals(outcome.deleted));
      ledger.trashed(record.folder, totals(kept));
      const { messages, bytes } = totals([...outcome.deleted, ...kept]);
      work.progress.advance(messages, bytes);
      refusals.deleted(messages);
      const { refused } = outcome;
      if (refused !== undefined) parts.unshift(...refusals.add(refused, chunk.targets.length));
      if (refusals.tooMany) break;
      if (outcome.stop === null) continue;
      const reason = reasonText(outcome.stop);
      if (outcome.fault) ledger.notice(reason, `"${record.folder}": ${reason}`);
      ledger.skips.add(outcome.stop, lengthOf(parts));
      return false;
    }
    return nameRefused(ledger, record, refusals, lengthOf(parts));
  } finally {
    // A receipt lost to a crash costs nothing: after `reindex` those lines are found gone.
    if (deleted.length > 0)
      await writeReceipt(work, record, { mode: policy.delete.mode, lines: linesOf(deleted) });
    if (inTrash.length > 0) await writeReceipt(work, record, { mode: 'trash', lines: linesOf(inTrash) });
    failPoint('after receipt');
  }
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + ('targets' in part ? part.targets.length : part.length), 0);
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
async function archiveIntact(
  { work, ledger }: PurgeRun,
  due: Due,
  archives: ArchiveProofs,
): Promise<boolean> {
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
