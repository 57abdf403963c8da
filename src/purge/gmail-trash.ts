import { type Uid, uid as asUid } from '../domain/brands.ts';
import { type Folder, type FolderState, sameFolder } from '../domain/folder.ts';
import { hasFlag, sameFlags } from '../domain/match.ts';
import type { MessageMeta } from '../domain/message.ts';
import { isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailReader, MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { unmarkAll } from './unmark.ts';

/** A message of ours in Gmail's Trash, found there by its X-GM-MSGID. */
export interface InTrash {
  readonly entry: DeleteEntry;
  /** Its UID in Trash. */
  readonly uid: Uid;
  readonly meta: MessageMeta;
  /** Flags that it must have to be removed; null: they can't be read. */
  readonly flags: readonly string[] | null;
}

/** Trash as it was opened, and what of the entries is in it. */
export interface Found {
  readonly state: FolderState;
  readonly ours: readonly InTrash[];
}

/**
 * Looks for messages in Trash by X-GM-MSGID alone: first under the UIDs that COPYUID named, then among
 * all that Trash holds. `headers` are fetched too.
 */
export async function findInTrash(
  session: MailReader,
  trash: Folder,
  entries: readonly DeleteEntry[],
  options: { readonly hints?: readonly Uid[]; readonly headers?: readonly string[] } = {},
): Promise<Found> {
  const state = await session.examine(trash.path);
  const wanted = new Map(
    entries.flatMap((entry) => (entry.emailId === null ? [] : [[entry.emailId, entry]])),
  );
  const ours: InTrash[] = [];
  const look = async (uids: readonly Uid[]): Promise<void> => {
    const { headers = [] } = options;
    for await (const meta of session.fetchMeta(uids, { headers, complete: true })) {
      const entry = meta.emailId === null ? undefined : wanted.get(meta.emailId);
      if (entry === undefined || (!entry.sizeMismatch && meta.size !== entry.size)) continue;
      wanted.delete(entry.emailId ?? '');
      ours.push({ entry, uid: meta.uid, meta, flags: meta.flags });
    }
  };
  if (options.hints !== undefined) await look(options.hints.toSorted((a, b) => a - b));
  if (wanted.size > 0) await look(await session.search([]));
  return { state, ours };
}

/**
 * Removes messages from Trash for good: \Deleted and UID EXPUNGE of exactly these UIDs, each shown by its
 * X-GM-MSGID to be ours before and after the mark. With Gmail's Auto-Expunge, on by default, the mark alone
 * removes them. Returns those that a new look shows to be gone; our mark is removed from the others.
 * Nothing else in Trash is touched.
 */
export async function removeFromTrash(
  session: MailSession,
  trash: Folder,
  { state: known, ours }: Found,
): Promise<readonly InTrash[]> {
  if (ours.length === 0) return [];
  const state = await session.select(trash.path);
  if (!sameFolder(state, known)) return [];
  const asked = await still(session, ours, []);
  if (asked.length === 0) return [];
  const condition = session.capabilities.condstore ? state.highestModseq : null;
  const modified = new Set(
    await orRefused(() => session.markDeleted(uidsOf(asked), condition), uidsOf(asked)),
  );
  failPoint('after trash mark');
  // A refusal may have done a part of it: what is left then loses the mark, and what is gone is gone.
  const refused = modified.size === asked.length;
  const targets = refused ? asked : asked.filter(({ uid }) => !modified.has(uid));
  // Only what is ours and was changed by nobody else goes; from the rest our mark is removed.
  const marked = refused ? [] : await still(session, targets, ['\\deleted']);
  const there = await presentOf(session, targets);
  const rest = targets.filter((one) => there.has(one.uid) && !marked.includes(one));
  await unmarkAll(session, uidsOf(rest));
  // Whatever it answers, the next look decides.
  if (marked.length > 0) await orRefused(() => session.expunge(uidsOf(marked)), undefined);
  // A crash here: the intent is open, the next run finds them nowhere and counts them as deleted.
  failPoint('after trash expunge');
  if (!sameFolder(await session.select(trash.path), known)) return [];
  const present = await presentOf(session, targets);
  const stayed = marked.filter(({ uid }) => present.has(uid));
  await unmarkAll(session, uidsOf(stayed));
  return targets.filter(({ uid }) => !present.has(uid));
}

/** UIDs of those that the folder holds now. */
async function presentOf(session: MailReader, ours: readonly InTrash[]): Promise<ReadonlySet<Uid>> {
  const present = new Set<Uid>();
  if (ours.length === 0) return present;
  for await (const { uid } of session.fetchMeta(uidsOf(ours), { complete: true })) present.add(uid);
  return present;
}

/** What the step gives, or `instead` where the server refuses it. */
async function orRefused<T>(step: () => Promise<T>, instead: T): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isError(error, 'protocol')) return instead;
    throw error;
  }
}

/** Those that are there, under the X-GM-MSGID of the intent, with their flags and these ones. */
async function still(
  session: MailReader,
  ours: readonly InTrash[],
  more: readonly string[],
): Promise<readonly InTrash[]> {
  const now = new Map<Uid, MessageMeta>();
  for await (const meta of session.fetchMeta(uidsOf(ours))) now.set(meta.uid, meta);
  return ours.filter(({ entry, uid, flags }) => {
    const meta = now.get(uid);
    if (meta === undefined || meta.flags === null || flags === null) return false;
    return meta.emailId === entry.emailId && sameFlags(meta.flags, [...flags, ...more]);
  });
}

function uidsOf(ours: readonly InTrash[]): readonly Uid[] {
  return ours.map(({ uid }) => uid).toSorted((a, b) => a - b);
}

/** Removes the mark that a dead process of ours may have left on them. Trash is selected by this. */
export async function unmarked(session: MailSession, trash: Folder, { state, ours }: Found): Promise<Found> {
  // Flags that can't be read may hide it.
  const marked = ours.filter(({ flags }) => flags === null || hasFlag(flags, '\\deleted'));
  if (marked.length > 0 && sameFolder(await session.select(trash.path), state))
    await unmarkAll(session, uidsOf(marked));
  const plain = (flags: readonly string[] | null): readonly string[] | null =>
    flags?.filter((flag) => flag !== '\\deleted') ?? null;
  return { state, ours: ours.map((one) => ({ ...one, flags: plain(one.flags) })) };
}

/** What is ours in Trash is archived by no policy a second time. Known before the intent is closed. */
export async function rememberTrashed(
  work: LockedWork,
  policy: string,
  trash: Folder,
  { state, ours }: Found,
): Promise<void> {
  if (ours.length === 0) return;
  const place = { ...work.account, folder: trash.path, uidValidity: state.uidValidity, at: work.clock.now() };
  await work.catalog.addRestores(
    ours.map(({ entry, uid }) => {
      const { sha256 } = entry;
      return { ...place, uid: asUid(uid), sha256, outcome: 'trashed' as const, detail: policy };
    }),
  );
}
