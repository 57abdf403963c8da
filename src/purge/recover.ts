import { writeReceipt } from '../archive/receipt.ts';
import type { Uid } from '../domain/brands.ts';
import { accountMatches } from '../domain/glob.ts';
import { anotherMessage } from '../domain/identity.ts';
import { hasFlag } from '../domain/match.ts';
import { sameFolder, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { isConnectionLost } from '../errors.ts';
import type { MailSession } from '../ports/mail.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { isolated } from '../work/isolate.ts';
import type { Ledger } from '../work/report.ts';
import type { Work } from '../work/work.ts';

/**
 * Intents that a crash, a refusal or a lost connection left open (SAFETY "Crash"): what is gone
 * under the same identity was deleted, what is there loses our \Deleted and is rechecked from
 * step 9. One archive that can't be settled does not hold up the others.
 */
export async function recoverIntents(work: Work, ledger: Ledger): Promise<void> {
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const open = await work.catalog.deleteEntries(record.id, ['deleting']);
    if (open.length === 0) continue;
    work.signal.throwIfAborted();
    await isolated(ledger, () => settle(work, record, open, ledger));
  }
}

async function settle(
  work: Work,
  record: ArchiveRecord,
  open: readonly DeleteEntry[],
  ledger: Ledger,
): Promise<void> {
  const session = await work.line.session();
  const known = (await session.folders()).some(
    (folder) => folder.path === record.folder && folder.selectable,
  );
  if (!known || !sameFolder(await session.select(record.folder), record)) {
    await mark(work, record, open, 'abandoned', anotherMessage);
    return;
  }
  const there = await fenced(session, open);
  const gone = open.filter((entry) => !there.has(entry.uid));
  if (gone.length > 0) {
    await mark(work, record, gone, 'deleted', null);
    await writeReceipt(work, record, 'recovered', linesOf(gone));
    ledger.deleted(totals(gone));
  }
  const back = open.filter((entry) => there.has(entry.uid));
  if (record.state === 'verified') await wait(work, record, back);
  else await mark(work, record, back, 'abandoned', record.stateReason ?? record.state);
}

/**
 * Which of them are there, with our \Deleted taken back. Touching them with the fence keyword makes
 * a STORE that is still on its way on a dead connection answer MODIFIED.
 */
async function fenced(session: MailSession, open: readonly DeleteEntry[]): Promise<ReadonlySet<Uid>> {
  const flags = new Map<Uid, readonly string[]>();
  for await (const meta of session.fetchMeta(open.map((entry) => entry.uid))) flags.set(meta.uid, meta.flags);
  const marked = [...flags].filter(([, set]) => hasFlag(set, '\\deleted')).map(([uid]) => uid);
  if (flags.size > 0) {
    try {
      await session.fence([...flags.keys()]);
    } catch (error) {
      // A server without keywords refuses; what is left then is one late STORE, which step 11 checks for.
      if (isConnectionLost(error)) throw error;
    }
  }
  if (marked.length > 0) await session.unmarkDeleted(marked);
  return new Set(flags.keys());
}

/**
 * Mail that waits for its purge under a policy that no longer deletes here (gone, in plan mode,
 * without `delete`, not for this account) is kept, with the reason, and counts as freed no longer.
 */
export async function releaseStale(work: Work, ledger: Ledger): Promise<void> {
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const reason = whyNot(
      work.policies.find((policy) => policy.name === record.policy),
      work.account.account,
    );
    if (reason === null) continue;
    const waiting = await work.catalog.deleteEntries(record.id, ['pending']);
    await mark(work, record, waiting, 'abandoned', reason);
    ledger.skips.add(reason, waiting.length);
  }
}

function whyNot(policy: Policy | undefined, account: string): string | null {
  if (policy === undefined) return 'its policy is gone';
  if (policy.mode !== 'enforce') return 'its policy is in plan mode';
  if (policy.delete === null) return 'its policy no longer deletes';
  return accountMatches(policy.accounts, account) ? null : 'its policy no longer covers the account';
}

/** Writes the state of the lines, if there are any. */
export async function mark(
  work: Work,
  record: ArchiveRecord,
  entries: readonly DeleteEntry[],
  state: 'gone' | 'abandoned' | 'deleted',
  reason: string | null,
): Promise<void> {
  if (entries.length === 0) return;
  await work.catalog.setDeleteState(record.id, linesOf(entries), state, work.clock.now(), reason);
}

/** Back to pending; the grace that they have waited stays. */
async function wait(work: Work, record: ArchiveRecord, entries: readonly DeleteEntry[]): Promise<void> {
  const groups = Map.groupBy(entries, (entry) => (entry.pendingSince ?? work.clock.now()).getTime());
  for (const [since, group] of groups) {
    await work.catalog.setDeleteState(record.id, linesOf(group), 'pending', new Date(since), null);
  }
}

export function linesOf(entries: readonly DeleteEntry[]): readonly number[] {
  return entries.map((entry) => entry.line);
}
