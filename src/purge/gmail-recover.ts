import { faultsOf } from '../archive/verify.ts';
import { writeReceipt } from '../archive/receipt.ts';
import type { Uid } from '../domain/brands.ts';
import { type Folder, type Role, sameFolder } from '../domain/folder.ts';
import { accountMatches } from '../domain/glob.ts';
import { sameMessage } from '../domain/identity.ts';
import { totals } from '../domain/plan.ts';
import { decide } from '../domain/selection.ts';
import { isConnectionLost } from '../errors.ts';
import { fetchFor, inScope, rulesFor } from '../plan/rules.ts';
import type { MailReader, MailSession } from '../ports/mail.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { bodyDigests } from '../work/body-digests.ts';
import { isCatchable } from '../work/isolate.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { linesOf, recordEnd } from './delete-state.ts';
import type { DeletingPolicy } from './due.ts';
import { findInTrash, type InTrash, rememberTrashed, removeFromTrash, unmarked } from './gmail-trash.ts';
import { withoutCopy } from './other-policies.ts';

/** An open intent on Gmail: an archive, its open lines, and where to look for them. */
export interface GmailIntent {
  readonly work: LockedWork;
  readonly session: MailSession;
  readonly record: ArchiveRecord;
  readonly open: readonly DeleteEntry[];
  readonly trash: Folder;
}

/**
 * Settles intents by X-GM-MSGID (SAFETY "Gmail"): what is where it was goes back to the recheck, what is
 * in Trash was moved there by us and is removed if every rule of today still says so, and what is
 * nowhere was removed. Returns the lines that go back.
 */
export async function settleOnGmail(
  intent: GmailIntent,
  folders: readonly Folder[],
  ledger: Ledger,
): Promise<readonly DeleteEntry[]> {
  const { work, session, record, open, trash } = intent;
  const source = folders.find(({ path, selectable }) => path === record.folder && selectable);
  const there = source === undefined ? null : await fencedById(session, record, open);
  const away = open.filter((entry) => there?.has(entry.uid) !== true);
  const policy = policyOf(work, record);
  const headers = fetchFor(
    work.rules.policies.map(({ match }) => match),
    { holds: work.rules.holds, notices: { look: true, uids: new Set() } },
  ).headers;
  const seen = await findInTrash(session, trash, away, { headers: headers ?? [] });
  const found = await unmarked(session, trash, seen);
  await rememberTrashed(work, record.policy, trash, found);
  const may =
    // In a folder that is another one now nothing that waits may go (I4).
    policy === null || source === undefined || there === null
      ? []
      : await stillGoing(intent, { policy, folder: source, folders }, found.ours);
  if (may.length > 0) await requireNotPaused(work.catalog);
  const removed = await removeFromTrash(session, trash, { state: found.state, ours: may });
  const left = found.ours.filter(({ entry }) => !removed.some((one) => one.entry === entry));
  const nowhere = away.filter((entry) => !found.ours.some((one) => one.entry === entry));
  const back = folders.filter(({ path, roles }) => path === record.folder || roles.some(isBack));
  const elsewhere = await movedBack(session, back, nowhere);
  const lost = there === null ? nowhere : nowhere.filter((entry) => !elsewhere.includes(entry));
  const another = there === null ? lost : [];
  const gone = [...removed.map(({ entry }) => entry), ...lost.filter((entry) => !another.includes(entry))];
  const inTrash = left.map(({ entry }) => entry);
  await recordEnd(work, record, [...gone, ...inTrash], { state: 'deleted' });
  await recordEnd(work, record, elsewhere, { state: 'abandoned', reason: { code: 'moved-back' } });
  await recordEnd(work, record, another, { state: 'abandoned', reason: { code: 'another-message' } });
  if (gone.length + inTrash.length > 0)
    await writeReceipt(work, record, { mode: 'recovered', lines: linesOf([...gone, ...inTrash]) });
  ledger.deleted(record.folder, totals(gone));
  ledger.trashed(record.folder, totals(inTrash));
  ledger.skips.add({ code: 'left-in-trash' }, inTrash.length);
  return open.filter((entry) => there?.has(entry.uid) === true);
}

/**
 * UIDs of those that are in the folder under their X-GM-MSGID, touched with the fence keyword; null: the
 * folder is another now, and its UIDs mean nothing.
 */
async function fencedById(
  session: MailSession,
  record: ArchiveRecord,
  open: readonly DeleteEntry[],
): Promise<ReadonlySet<Uid> | null> {
  if (!sameFolder(await session.select(record.folder), record)) return null;
  const ids = new Map(open.map(({ uid, emailId }) => [uid, emailId]));
  const there = new Set<Uid>();
  for await (const meta of session.fetchMeta([...ids.keys()], { complete: true }))
    if (meta.emailId === null || meta.emailId === ids.get(meta.uid)) there.add(meta.uid);
  if (there.size === 0) return there;
  try {
    await session.fence([...there], null);
  } catch (error) {
    // A server without keywords refuses; a MOVE that is still on its way is found by the next run.
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
  }
  return there;
}

/** Where mail is that someone takes out of Trash: not only in the folder that it was in. */
function isBack(role: Role): boolean {
  return role === 'all' || role === 'junk';
}

/** Those that are in one of the folders under another UID: someone moved them out of Trash. */
async function movedBack(
  session: MailReader,
  folders: readonly Folder[],
  entries: readonly DeleteEntry[],
): Promise<readonly DeleteEntry[]> {
  const found = new Set<DeleteEntry>();
  for (const folder of entries.length === 0 ? [] : folders) {
    await session.examine(folder.path);
    for (const entry of entries) if (!found.has(entry) && (await isIn(session, entry))) found.add(entry);
  }
  return [...found];
}

async function isIn(session: MailReader, { emailId }: DeleteEntry): Promise<boolean> {
  if (emailId === null) return false;
  const uids = await session.search([{ kind: 'gmailId', id: emailId }]);
  for await (const meta of session.fetchMeta(uids)) if (meta.emailId === emailId) return true;
  return false;
}

/** The policy that may still remove for good; null: it may not, and what is in Trash stays there. */
function policyOf(work: LockedWork, record: ArchiveRecord): DeletingPolicy | null {
  const policy = work.rules.policies.find(({ name }) => name === record.policy);
  if (policy === undefined || policy.mode !== 'enforce' || policy.delete?.mode !== 'expunge') return null;
  const fine = record.state === 'verified' && work.gate.has(record.store);
  return fine && accountMatches(policy.accounts, work.account.account)
    ? { ...policy, delete: policy.delete }
    : null;
}

interface Rules {
  readonly policy: DeletingPolicy;
  readonly folder: Folder;
  readonly folders: readonly Folder[];
}

/** SAFETY step 9 again for what is in Trash: the archive, the policy, holds, and copies for other policies. */
async function stillGoing(
  { work, session, record, trash }: GmailIntent,
  { policy, folder, folders }: Rules,
  ours: readonly InTrash[],
): Promise<readonly InTrash[]> {
  if (ours.length === 0 || !inScope(folder, policy, true)) return [];
  const entries = ours.map(({ entry }) => entry);
  // What was only found proves nothing of this mail (I9): it is read again, where it is now.
  const whole = record.origin !== 'sealed' || policy.recheck === 'body';
  if (whole) await session.examine(trash.path);
  const read = ours.map(({ entry, uid }) => ({ uid, size: entry.size }));
  const bodies = whole ? await bodyDigests(session, read) : null;
  const store = await work.gate.open(record.store);
  if ((await work.gate.unreadable(record)) !== null) return [];
  if ((await faultsOf(work, store, record, entries)).length > 0) return [];
  const { account, catalog } = work;
  const { holds } = work.rules;
  const labels = { folders };
  const sources = { account, catalog, holds, now: work.clock.now(), labels };
  const rules = await rulesFor(sources, policy, folder, record);
  const pairs = ours.flatMap(({ entry, uid, meta, flags }) => {
    const { labels: given } = meta;
    if (given === null || given === undefined || !sameMessage(entry, meta)) return [];
    if (bodies !== null && bodies.get(uid) !== entry.sha256) return [];
    // As it was before the move, with what its owner gave it since: Trash has another UID and takes all labels.
    const now = [...new Set([...(entry.labels ?? []), ...given])];
    const before = { ...meta, uid: entry.uid, flags, labels: now };
    const wrongSize = entry.sizeMismatch && !policy.trustBodyOverSize;
    return wrongSize || flags === null || decide(before, rules).kind === 'kept'
      ? []
      : [{ entry, meta: before, flags }];
  });
  const due = { record, entries, policy };
  const missing = await withoutCopy({ work, due, folder, labels, usage: null }, pairs);
  const fine = new Set(pairs.filter((pair) => !missing.has(pair)).map(({ entry }) => entry));
  return ours.filter(({ entry }) => fine.has(entry));
}
