import { bytes, type Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { copyWasThere, type RestoreRecord } from '../ports/records.ts';
import { afterFailure } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { AppendGroups, Together } from './append-group.ts';
import { type Appended, Copies, copiesThere, type Outgoing, secondsOf, type Sought } from './compare.ts';
import { type Labelled, putLabels, withoutLabels } from './labels.ts';
import { LostConnections } from './lost-connection.ts';
import { GroupSettling } from './settle-group.ts';
import { settleUncompared } from './uncompared.ts';
import { restoreRecord, type TargetFolder, type UploadListener, type UploadReport } from './upload.ts';

/** At most this many messages, and bytes, before they are fetched back and compared. */
const groupMessages = 500;
const groupBytes = 8 * 1024 * 1024;
/** Records of copies that were there already are written this many at a time. */
const recordsAtOnce = 1000;

/**
 * Puts messages on the server with flags, keywords and INTERNALDATE. Counts copies: afterwards a
 * folder holds as many messages of each SHA-256 as were given, no more. Dispose of it before the lock
 * is given up: a group may be compared until then.
 */
export class MailUpload<M extends Outgoing> implements AsyncDisposable {
  readonly work: LockedWork;
  readonly listener: UploadListener<M>;
  readonly connections: LostConnections;
  readonly together = new Together();
  readonly settling: GroupSettling<M>;
  #messages = 0;
  #bytes = 0;
  #present = 0;
  #full: string | null = null;

  constructor(work: LockedWork, listener: UploadListener<M>) {
    this.work = work;
    this.listener = listener;
    this.connections = new LostConnections(work);
    const added = (size: number): void => this.#countAdded(size);
    const { connections, together } = this;
    this.settling = new GroupSettling({ work, listener, connections, together, added });
  }

  report(): UploadReport {
    const added = { messages: this.#messages, bytes: bytes(this.#bytes) };
    return { added, present: this.#present, full: this.#full };
  }

  get isFull(): boolean {
    return this.#full !== null;
  }

  mailboxFull(words: string): void {
    this.#full ??= words;
  }

  countPresent(): void {
    this.#present += 1;
  }

  #countAdded(size: number): void {
    this.#messages += 1;
    this.#bytes += size;
  }

  /** Does a step, and waits for all that it began, also where it fails: what comes of that concerns no later folder. */
  async settledAfter(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      return afterFailure(error, () => this.settled());
    }
    await this.settled();
  }

  /** Waits until all that was appended is compared. */
  async settled(): Promise<void> {
    await this.settling.finished();
  }

  /** Waits for what is being compared, whatever comes of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.settling[Symbol.asyncDispose]();
  }

  /**
   * Starts with a folder, which is created if it is missing. `sought` says what may be copies of the
   * messages to come; `labelled`: it is All Mail of Gmail, and they get their labels back.
   */
  async folder(path: string, sought: Sought, labelled = false): Promise<FolderUpload<M>> {
    const { catalog, connection, account } = this.work;
    const session = await connection.session();
    // One that is only there because it has folders below it can't hold mail before it is created.
    const known = (await session.folders()).some((folder) => folder.path === path && folder.selectable);
    if (!known) await session.createFolder(path);
    const state = await session.examine(path);
    const uids = await catalog.restoredUids(account, state.path, state.uidValidity, new Date(0));
    const there = known ? await copiesThere(session, path, { ...sought, uids }) : new Copies();
    await settleUncompared(this.work, state, there);
    const altered = new Map(await catalog.alteredCopies(account, state.path, state.uidValidity));
    const made = labelled ? await catalog.addedUids(account, state.path, state.uidValidity) : null;
    return new FolderUpload(this, { path, state, there, altered, made });
  }
}

/** One folder that messages are put into. */
export class FolderUpload<M extends Outgoing> {
  readonly #upload: MailUpload<M>;
  readonly #folder: TargetFolder;
  readonly #groups: AppendGroups<M>;
  #group: M[] = [];
  #size = 0;
  #refusals: RestoreRecord[] = [];
  /** The folder as the last group left it; null: it has to be looked at. */
  #before: FolderState | null = null;
  #present: RestoreRecord[] = [];
  /** In All Mail already: an earlier restore may have ended before it put their labels back. */
  #again: Labelled<M>[] = [];

  constructor(upload: MailUpload<M>, folder: TargetFolder) {
    this.#upload = upload;
    this.#folder = folder;
    const { work, connections, together, listener } = upload;
    this.#groups = new AppendGroups(
      {
        work,
        connections,
        path: folder.path,
        record: (message, uid) => this.#record(message, uid),
        refused: (message, detail) => {
          listener.problem(message, 'refused', detail);
          this.#refusals.push({ ...this.#record(message, null), outcome: 'refused', detail });
        },
        full: (words) => upload.mailboxFull(words),
      },
      together,
    );
  }

  /** Puts the message there unless a copy of it is; a group of them at a time. */
  async put(message: M): Promise<void> {
    this.#upload.work.signal.throwIfAborted();
    if (this.#upload.isFull || (await this.#isThere(message))) return;
    this.#group.push(message);
    this.#size += message.data.length;
    if (this.#group.length >= groupMessages || this.#size >= groupBytes) await this.#send(true);
  }

  /** Appends what is left of the last group, and waits until all that was put there is compared. */
  async flush(): Promise<void> {
    await this.#send(false);
    // Others may put mail here before this upload does so again.
    this.#before = null;
    await this.#upload.settled();
  }

  /** APPENDs the group; it is compared while the next one is collected and appended, where that can be. */
  async #send(more: boolean): Promise<void> {
    const { work, listener, settling } = this.#upload;
    const messages = this.#group;
    this.#group = [];
    this.#size = 0;
    await this.#recordPresent();
    await this.#labelAgain();
    if (messages.length === 0) return;
    await listener.before?.();
    const folder = this.#folder;
    const before = this.#before ?? (await (await work.connection.session()).examine(folder.path));
    this.#before = null;
    const appended = await this.#groups.append(messages, before);
    const refusals = this.#refusals;
    this.#refusals = [];
    if (appended.length === messages.length && settling.exact) this.#before = stateAfter(before, appended);
    const place = { path: folder.path, before };
    await settling.start({ folder, place, appended, refusals }, more);
  }

  async #labelAgain(): Promise<void> {
    const { path, made } = this.#folder;
    const again = this.#again;
    this.#again = [];
    const { work, listener } = this.#upload;
    // What a restore appended, and died before it recorded that, has no label at all.
    const own = again.filter(({ uid }) => made?.has(uid) === true);
    const bare = await withoutLabels(
      work,
      path,
      again.filter(({ uid }) => made?.has(uid) === false),
    );
    for (const [message, missing] of await putLabels(work, path, [...own, ...bare]))
      listener.problem(message, 'altered', missing);
  }

  /** Whether the folder holds a copy that this message can count as; each copy counts once. */
  async #isThere(message: M): Promise<boolean> {
    const { work, listener } = this.#upload;
    const { there, altered } = this.#folder;
    const { sha256, internalDate } = message.info;
    const copy = there.take(sha256, secondsOf(new Date(internalDate)));
    const changed = altered.get(sha256) ?? 0;
    if (copy === undefined && changed === 0) return false;
    if (copy === undefined) {
      altered.set(sha256, changed - 1);
      const detail = 'an earlier restore put it there and the server altered it; it is not added again';
      listener.problem(message, 'altered', detail);
    } else {
      // It may be from a restore that was cut short: no policy takes it away again at once.
      const record = this.#record(message, copy);
      this.#present.push({ ...record, outcome: 'restored', detail: copyWasThere });
      this.#upload.countPresent();
      if (this.#folder.made !== null) this.#again.push({ message, uid: copy });
      if (this.#present.length >= recordsAtOnce) await this.#recordPresent();
    }
    work.progress.advance(1, message.data.length);
    message.release?.();
    return true;
  }

  async #recordPresent(): Promise<void> {
    const records = this.#present;
    this.#present = [];
    if (records.length > 0) await this.#upload.work.catalog.addRestores(records);
  }

  #record(message: M, uid: Uid | null): Omit<RestoreRecord, 'outcome' | 'detail'> {
    return restoreRecord(this.#upload.work, this.#folder, message, uid);
  }
}

/** The folder with what was appended, where the server has named every UID; else null. */
function stateAfter<M>(before: FolderState, appended: readonly Appended<M>[]): FolderState | null {
  let next = before.uidNext ?? 1;
  for (const { uid, uidValidity } of appended) {
    if (uid === null || uidValidity !== before.uidValidity) return null;
    next = Math.max(next, uid + 1);
  }
  return { ...before, uidNext: next };
}
