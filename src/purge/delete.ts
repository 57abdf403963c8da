import type { Uid } from '../domain/brands.ts';
import { type FolderState, sameFolder } from '../domain/folder.ts';
import { hasFlag, sameFlags } from '../domain/match.ts';
import type { Reason } from '../domain/reason.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { gmailTrash } from '../plan/gmail-folders.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Skips } from '../work/skips.ts';
import { backToPending, recordEnd, recordIntent } from './delete-state.ts';
import type { Chunk, ChunkOutcome, Target } from './due.ts';
import { deleteOnGmail } from './gmail-delete.ts';
import { isRefusal } from './refusals.ts';
import { stillThere } from './still-there.ts';
import { moveToTrash } from './trash.ts';
import { unmarkEach } from './unmark.ts';
import { sightingOf } from './whereabouts.ts';

/** Deletes the mail of one archive, chunk by chunk, on one session. */
export class Deletion {
  readonly #work: LockedWork;
  readonly #session: MailSession;
  readonly #skips: Skips;
  /** The folder as the last chunk selected it to confirm; null: the next one selects it. */
  #selected: FolderState | null = null;

  constructor(work: LockedWork, session: MailSession, skips: Skips) {
    this.#work = work;
    this.#session = session;
    this.#skips = skips;
  }

  /** SAFETY steps 10–12 for messages that passed the recheck. */
  async remove(chunk: Chunk): Promise<ChunkOutcome> {
    const { uidplus, move, gmail } = this.#session.capabilities;
    const { mode } = chunk.due.policy.delete;
    if (gmail) return this.#onGmail(chunk);
    if (mode === 'expunge' && uidplus) return this.#expungeOrSettle(chunk);
    if (move) return moveToTrash(this.#work, this.#session, chunk, this.#skips);
    return this.#kept(chunk, { code: mode === 'trash' ? 'no-move' : 'no-uidplus' });
  }

  /** Everywhere but in Trash, \Deleted and EXPUNGE only take one label away. */
  async #onGmail(chunk: Chunk): Promise<ChunkOutcome> {
    const { record, policy } = chunk.due;
    const { uidplus, move } = this.#session.capabilities;
    const trash = gmailTrash(record.account, await this.#session.folders());
    if (trash.path === record.folder) {
      if (policy.delete.mode === 'trash') return this.#kept(chunk, { code: 'in-trash' });
      return uidplus ? this.#expunge(chunk) : this.#kept(chunk, { code: 'no-uidplus' });
    }
    if (!move || !uidplus) return this.#kept(chunk, { code: move ? 'no-uidplus' : 'no-move' });
    return deleteOnGmail({ work: this.#work, session: this.#session, chunk, skips: this.#skips }, trash);
  }

  #kept({ targets }: Chunk, reason: Reason): ChunkOutcome {
    this.#skips.add(reason, targets.length);
    return { deleted: [], stop: reason, fault: false };
  }

  async #expungeOrSettle(chunk: Chunk): Promise<ChunkOutcome> {
    try {
      return await this.#expunge(chunk);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#settle(chunk, error);
    }
  }

  /**
   * A STORE or EXPUNGE that is refused may have done a part of it. As after a crash: what is gone from
   * the same folder was deleted, and the rest loses our \Deleted and goes back to step 9. What fails here
   * leaves the intent open for the next run.
   */
  async #settle({ due: { record }, targets }: Chunk, error: MothballError): Promise<ChunkOutcome> {
    this.#selected = null;
    const entries = entriesOf(targets);
    const open = await this.#work.catalog.deleteEntries(record.id, ['deleting']);
    const lines = new Set(open.map(({ line }) => line));
    const asked = entries.filter(({ line }) => lines.has(line));
    if (!sameFolder(await this.#session.select(record.folder), record)) throw becameAnother(record);
    const { there, unclear, absent: gone, another } = await sightingOf(this.#session, record, asked);
    if (another) throw becameAnother(record);
    // What can't be read now was compared by the recheck a moment ago, and was marked by us.
    const seen = [...there, ...unclear];
    const marked = seen.filter(({ meta }) => hasFlag(meta.flags ?? ['\\deleted'], '\\deleted'));
    // One that the server refuses to unmark keeps its intent, and holds up no other.
    const refused = await unmarkEach(
      this.#session,
      marked.map(({ meta }) => meta.uid),
    );
    const present = seen.flatMap(({ entry }) => (refused.has(entry.uid) ? [] : [entry]));
    await recordEnd(this.#work, record, gone, { state: 'deleted' });
    const reason = { code: 'delete-refused', detail: errorMessage(error) } as const;
    // Only one that was refused by itself is to blame.
    const blame = targets.length === 1 ? reason : ({ code: 'not-removed' } as const);
    await backToPending(this.#work, record, present, blame);
    return {
      deleted: gone,
      stop: null,
      fault: true,
      refused: { entries: seen.map(({ entry }) => entry), reason, error },
    };
  }

  async #expunge(chunk: Chunk): Promise<ChunkOutcome> {
    const { due, targets, recheckedState } = chunk;
    const { record } = due;
    const selected = this.#selected ?? (await this.#session.select(record.folder));
    this.#selected = null;
    if (!sameFolder(selected, recheckedState)) return this.#kept(chunk, { code: 'another-folder' });
    const uids = targets.map(({ entry }) => entry.uid);

    // A crash after this record and before EXPUNGE leaves marks; the next run removes them and rechecks.
    await recordIntent(this.#work, record, entriesOf(targets));
    failPoint('after intent');
    // The HIGHESTMODSEQ of the recheck, not one that moved since: any change meanwhile answers MODIFIED.
    const modified = new Set(await this.#session.markDeleted(uids, recheckedState.highestModseq));
    failPoint('after store');
    const { sure, unmark, absent } = await sortByFlags(this.#session, targets, modified);
    // In Gmail's Trash with Auto-Expunge the mark alone removes. Elsewhere a row may only be missing, and be marked.
    const { gmail } = this.#session.capabilities;
    const going = gmail ? [...sure, ...absent] : sure;
    const ours = gmail ? unmark : [...unmark, ...absent.map(({ entry }) => entry.uid)];
    const refused = await unmarkEach(this.#session, ours);
    const left = targets.filter((target) => !going.includes(target));
    const changed = { code: 'changed-meanwhile' } as const;
    const back = entriesOf(left).filter(({ uid }) => !refused.has(uid));
    await backToPending(this.#work, record, back, changed);
    this.#skips.add(changed, left.length);
    if (going.length === 0) return { deleted: [], stop: null, fault: false };

    if (sure.length > 0) await this.#session.expunge(sure.map(({ entry }) => entry.uid));
    // A crash here: the intent is open, the next run finds them gone and counts them as deleted.
    failPoint('after expunge');
    return this.#confirm({ ...chunk, targets: going }, selected);
  }

  /**
   * Step 12: a fresh look at the folder shows that they are gone, and nothing else is. SELECT is as
   * fresh as EXAMINE, and the next chunk needs it.
   */
  async #confirm({ due: { record }, targets }: Chunk, before: FolderState): Promise<ChunkOutcome> {
    const after = await this.#session.select(record.folder);
    if (!sameFolder(after, record)) throw becameAnother(record);
    const present = await stillThere(this.#session, targets);
    const gone = entriesOf(targets.filter(({ entry }) => !present.has(entry.uid)));
    await recordEnd(this.#work, record, gone, { state: 'deleted' });
    failPoint('after deleted record');
    const missing = before.messages - gone.length - after.messages;
    if (missing > 0) {
      this.#work.progress.note(
        `${record.account} "${record.folder}": ${missing} more messages than those named are gone; another client removed them, or the server did`,
      );
    }
    const stayed = entriesOf(targets.filter(({ entry }) => present.has(entry.uid)));
    if (stayed.length === 0) {
      this.#selected = after;
      return { deleted: gone, stop: null, fault: false };
    }
    // As in #settle: one that the server refuses to unmark keeps its intent.
    const refused = await unmarkEach(
      this.#session,
      stayed.map((entry) => entry.uid),
    );
    const reason = { code: 'not-removed' } as const;
    const back = stayed.filter((entry) => !refused.has(entry.uid));
    await backToPending(this.#work, record, back, reason);
    this.#skips.add(reason, stayed.length);
    return { deleted: gone, stop: reason, fault: true };
  }
}

function entriesOf(targets: readonly Target[]): readonly DeleteEntry[] {
  return targets.map(({ entry }) => entry);
}

interface Sorted {
  readonly sure: readonly Target[];
  readonly unmark: readonly Uid[];
  /** The server has no row for them, although it did not name them as modified. */
  readonly absent: readonly Target[];
}

/** Only those whose flags are the rechecked ones plus \Deleted may go; our mark is removed from the rest. */
async function sortByFlags(
  session: MailSession,
  targets: readonly Target[],
  modified: ReadonlySet<Uid>,
): Promise<Sorted> {
  const now = new Map<Uid, readonly string[] | null>();
  const uids = targets.map(({ entry }) => entry.uid);
  for await (const meta of session.fetchMeta(uids, { complete: true })) now.set(meta.uid, meta.flags);
  const sure: Target[] = [];
  const unmark: Uid[] = [];
  const absent: Target[] = [];
  for (const target of targets) {
    const { uid } = target.entry;
    const flags = now.get(uid);
    if (modified.has(uid)) continue;
    if (flags === undefined) absent.push(target);
    // Flags that can't be read may hide one that was set meanwhile, and our mark.
    else if (flags === null) unmark.push(uid);
    else if (!hasFlag(flags, '\\deleted')) continue;
    else if (sameFlags(flags, [...target.flags, '\\deleted'])) sure.push(target);
    else unmark.push(uid);
  }
  return { sure, unmark, absent };
}

function becameAnother(record: { readonly account: string; readonly folder: string }): MothballError {
  return new MothballError(
    {
      fact: `${record.account}: folder "${record.folder}" became another one while messages were being deleted from it`,
      notDone: 'nothing more was deleted',
      remedy: 'The open intent is settled by the next run',
    },
    { code: 'protocol' },
  );
}
