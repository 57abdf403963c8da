import { writeReceipt } from '../archive/receipt.ts';
import type { Bytes, Uid } from '../domain/brands.ts';
import { sameFolder, trashOf } from '../domain/folder.ts';
import { accountMatches } from '../domain/glob.ts';
import { sameMessage } from '../domain/identity.ts';
import { hasFlag } from '../domain/match.ts';
import { totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { Reason } from '../domain/reason.ts';
import { isConnectionLost, type MothballError } from '../errors.ts';
import { gmailTrash } from '../plan/gmail-folders.ts';
import type { MailSession } from '../ports/mail.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { bodyDigests } from '../work/body-digests.ts';
import { isCatchable } from '../work/isolate.ts';
import { isolated } from '../work/isolate.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { settleOnGmail } from './gmail-recover.ts';
import { backToPending, linesOf, recordEnd } from './delete-state.ts';
import type { Seen } from './same-bytes.ts';
import { unmarkEach } from './unmark.ts';
import { elsewhere, sightingOf } from './whereabouts.ts';

/**
 * Intents that a crash, a refusal or a lost connection left open (SAFETY "Crash"): what is gone
 * under the same identity was deleted, what is there loses our \Deleted and is rechecked from
 * step 9. One archive that can't be settled does not hold up the others.
 */
export async function recoverIntents(work: LockedWork, ledger: Ledger): Promise<void> {
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const open = await work.catalog.deleteEntries(record.id, ['deleting']);
    if (open.length === 0) continue;
    work.signal.throwIfAborted();
    await isolated(ledger, () => settleIntent(work, record, open, ledger));
  }
}

async function settleIntent(
  work: LockedWork,
  record: ArchiveRecord,
  open: readonly DeleteEntry[],
  ledger: Ledger,
): Promise<void> {
  const session = await work.connection.session();
  const folders = await session.folders();
  if (session.capabilities.gmail) {
    const trash = gmailTrash(record.account, folders);
    if (trash.path !== record.folder) {
      const left = await settleOnGmail({ work, session, record, open, trash }, folders, ledger);
      return goBack(work, record, left);
    }
  }
  const another = { state: 'abandoned', reason: { code: 'another-message' } } as const;
  const lookElsewhere = (entries: readonly DeleteEntry[]): ReturnType<typeof elsewhere> =>
    elsewhere(session, { folders, record }, entries, async (there) => void (await fenced(session, there)));
  const known = folders.some((folder) => folder.path === record.folder && folder.selectable);
  if (!known || !sameFolder(await session.select(record.folder), record)) {
    await lookElsewhere(open);
    return recordEnd(work, record, open, another);
  }
  const sighting = await sightingOf(session, record, open);
  if (sighting.another) {
    // Two folders exchanged their names: what is marked or missing here is not ours.
    await lookElsewhere(open);
    return recordEnd(work, record, open, another);
  }
  // One message that is ours shows that the folder is, and with it those that can't be read now.
  const present = [...sighting.there, ...sighting.unclear];
  // Those that the server refuses to unmark keep their intent: the next run tries again.
  const refused = await fenced(session, sighting.there.length > 0 ? present : []);
  // With a MAILBOXID this is the folder for certain, and what is not in it is gone.
  const moved = await lookElsewhere(record.mailboxId === null ? sighting.absent : []);
  await recordEnd(work, record, [...moved], another);
  const gone = sighting.absent.filter((entry) => !moved.has(entry));
  if (gone.length > 0) {
    // A Trash that the server refuses now must not keep the intent open for ever.
    await isolated(ledger, () => rememberMoved(work, session, record, gone));
    await recordEnd(work, record, gone, { state: 'deleted' });
    await writeReceipt(work, record, { mode: 'recovered', lines: linesOf(gone) });
    ledger.deleted(record.folder, totals(gone));
  }
  await goBack(
    work,
    record,
    present.flatMap(({ entry }) => (refused.has(entry.uid) ? [] : [entry])),
  );
}

/** To the recheck; of an archive that is no longer verified nothing may go. */
async function goBack(work: LockedWork, record: ArchiveRecord, back: readonly DeleteEntry[]): Promise<void> {
  if (record.state === 'verified') await backToPending(work, record, back, null);
  else await recordEnd(work, record, back, { state: 'abandoned', reason: stateReasonOf(record) });
}

/**
 * What was moved to Trash before the crash is there, and no policy archives it a second time: the same
 * size, date and bytes. Mail that was expunged has no copy there.
 */
async function rememberMoved(
  work: LockedWork,
  session: MailSession,
  record: ArchiveRecord,
  gone: readonly DeleteEntry[],
): Promise<void> {
  const policy = work.rules.policies.find(({ name }) => name === record.policy);
  const trash = trashOf(await session.folders());
  const moves = policy?.delete?.mode === 'trash' || !session.capabilities.uidplus;
  if (!moves || trash === null || trash.path === record.folder) return;
  const { uidValidity } = await session.examine(trash.path);
  const sizes = new Set(gone.map(({ size }) => size));
  const like: { readonly uid: Uid; readonly size: Bytes }[] = [];
  for await (const meta of session.fetchMeta(await session.search([]))) {
    const { uid, size } = meta;
    if (size === null || !sizes.has(size)) continue;
    if (gone.some((entry) => sameMessage({ ...entry, emailId: null }, meta))) like.push({ uid, size });
  }
  const wanted = new Set(gone.map(({ sha256 }) => sha256));
  const copies = [...(await bodyDigests(session, like))].filter(([, sha256]) => wanted.has(sha256));
  const place = { ...work.account, folder: trash.path, uidValidity, at: work.clock.now() };
  await work.catalog.addRestores(
    copies.map(([uid, sha256]) => {
      return { ...place, uid, sha256, outcome: 'trashed' as const, detail: record.policy };
    }),
  );
}

/** Why mail of an archive that is no longer verified stays. */
function stateReasonOf({ state, stateReason }: ArchiveRecord): Reason {
  return {
    code: state === 'expired' ? 'archive-expired' : 'archive-quarantined',
    detail: stateReason ?? state,
  };
}

/**
 * Removes our \Deleted from messages of the folder that is selected now. Touching them with the fence
 * keyword makes a STORE that is still on its way on a dead connection answer MODIFIED.
 */
async function fenced(
  session: MailSession,
  there: readonly Seen[],
): Promise<ReadonlyMap<Uid, MothballError>> {
  if (there.length === 0) return new Map();
  const flags = new Map(there.map(({ meta }) => [meta.uid, meta.flags]));
  const marked = [...flags]
    .filter(([, set]) => set === null || hasFlag(set, '\\deleted'))
    .map(([uid]) => uid);
  try {
    await session.fence([...flags.keys()], null);
  } catch (error) {
    // A server without keywords refuses; what is left then is one late STORE, which step 11 checks for.
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
  }
  return unmarkEach(session, marked);
}

/**
 * Mail that waits for its purge under a policy that no longer deletes here (gone, in plan mode,
 * without `delete`, not for this account), or whose store is gone, is kept, with the reason, and no longer counts as freed.
 */
export async function releaseStale(work: LockedWork, ledger: Ledger): Promise<void> {
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const policy = work.rules.policies.find(({ name }) => name === record.policy);
    const gone = work.gate.has(record.store) ? null : ({ code: 'store-gone' } as const);
    const reason = whyNot(policy, work.account.account) ?? gone;
    if (reason === null) continue;
    const waiting = await work.catalog.deleteEntries(record.id, ['pending']);
    await recordEnd(work, record, waiting, { state: 'abandoned', reason });
    ledger.skips.add(reason, waiting.length);
  }
}

function whyNot(policy: Policy | undefined, account: string): Reason | null {
  if (policy === undefined) return { code: 'policy-gone' };
  if (policy.mode !== 'enforce') return { code: 'policy-plans' };
  if (policy.delete === null) return { code: 'policy-keeps' };
  return accountMatches(policy.accounts, account) ? null : { code: 'account-not-covered' };
}
