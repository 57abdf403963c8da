import { writeReceipt } from '../archive/receipt.ts';
import { shortId } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { totals } from '../domain/plan.ts';
import { MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { Ledger } from '../work/report.ts';
import type { Work } from '../work/work.ts';
import { deleteChunk } from './delete.ts';
import type { Due } from './due.ts';
import type { ReadAhead } from './read-ahead.ts';
import { recheck, type Rechecked } from './recheck.ts';
import { linesOf, mark } from './recover.ts';

/** At most this many UIDs in one STORE and EXPUNGE (SAFETY step 11): the most that a crash leaves open. */
const largestChunk = 500;
/** Messages that are rechecked together, and held in memory. */
const sliceSize = 2500;
/**
 * The safe order, second half (SAFETY steps 9–12) for one archive: recheck, intent, delete,
 * confirm. Whatever fails a check stays on the server and is counted in the ledger. The archive whose
 * mail goes next is read back meanwhile.
 */
export async function purge(work: Work, due: Due, ledger: Ledger, archives: ReadAhead): Promise<void> {
  const unreadable = await work.gate.unreadable(due.record);
  if (unreadable !== null) {
    ledger.notice(unreadable, unreadable);
    ledger.skips.add('nobody was shown to be able to decrypt its archive', due.entries.length);
    return;
  }
  // Step 9. A crash here leaves nothing: all of it only reads.
  if (!(await archiveIntact(work, due, ledger, archives))) return;
  archives.beginAfter(due);
  for (let at = 0; at < due.entries.length; at += sliceSize) {
    work.signal.throwIfAborted();
    const slice = { ...due, entries: due.entries.slice(at, at + sliceSize) };
    const checked = await recheckAndRecord(work, slice, ledger);
    if (!(await deleteTargets(work, slice, checked, ledger))) return;
  }
}

/** Steps 10–12 for messages that passed the recheck. False: nothing more of this archive in this run. */
async function deleteTargets(work: Work, due: Due, checked: Rechecked, ledger: Ledger): Promise<boolean> {
  const deleted: DeleteEntry[] = [];
  const session = await work.line.session();
  const { targets } = checked;
  let selected: FolderState | null = null;
  try {
    for (let at = 0; at < targets.length;) {
      work.signal.throwIfAborted();
      const chunk = targets.slice(at, at + chunkSize(session, at));
      at += chunk.length;
      const outcome = await deleteChunk(work, session, due, checked.folder, selected, chunk, ledger.skips);
      deleted.push(...outcome.deleted);
      ledger.deleted(totals(outcome.deleted));
      work.progress.advance(outcome.deleted.length, totals(outcome.deleted).bytes);
      selected = outcome.selected ?? null;
      if (outcome.stop === null) continue;
      if (outcome.fault) ledger.notice(outcome.stop, `"${due.record.folder}": ${outcome.stop}`);
      ledger.skips.add(outcome.stop, targets.length - at);
      return false;
    }
    return true;
  } finally {
    // A receipt lost to a crash costs nothing: after `reindex` those lines are found gone.
    if (deleted.length > 0) await writeReceipt(work, due.record, due.policy.delete.mode, linesOf(deleted));
    failPoint('after receipt');
  }
}

/** Without UIDPLUS nothing promises a COPYUID: one message goes ahead to see whether there is one. */
function chunkSize(session: MailSession, at: number): number {
  return at === 0 && !session.capabilities.uidplus ? 1 : largestChunk;
}

/** The recheck, with what it found put into the catalog: what is gone, and what is kept and why. */
export async function recheckAndRecord(work: Work, due: Due, ledger: Ledger): Promise<Rechecked> {
  const checked = await recheck(work, due);
  const entries = new Map(due.entries.map((entry) => [entry.line, entry]));
  const of = (lines: readonly number[]): readonly DeleteEntry[] =>
    lines.flatMap((line) => entries.get(line) ?? []);
  await mark(work, due.record, of(checked.gone), 'gone', 'another client removed it');
  for (const [reason, lines] of checked.abandoned) {
    await mark(work, due.record, of(lines), 'abandoned', reason);
    ledger.skips.add(reason, lines.length);
  }
  for (const [reason, lines] of checked.waiting) ledger.skips.add(reason, lines.length);
  return checked;
}

/** What is damaged is quarantined: its mail stays, and is archived again. */
async function archiveIntact(work: Work, due: Due, ledger: Ledger, archives: ReadAhead): Promise<boolean> {
  const { record } = due;
  const fault = await archives.faultOf(due);
  if (fault === null) return true;
  await work.catalog.setArchiveState(record.id, 'quarantined', fault, record.manifestSha256);
  ledger.skips.add('archive damaged or missing', record.messages);
  const name = `archive ${shortId(record.id)} in store ${record.store}`;
  const message = `${name} is no longer what was written (${fault}); its mail stays on the server and is archived again`;
  ledger.failure(new MothballError(message, { code: 'verify' }));
  return false;
}
