import { bytes, type Sha256, type Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import type { Totals } from '../domain/plan.ts';
import { errorMessage, isConnectionLost, isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { RestoreRecord } from '../ports/records.ts';
import type { Work } from '../work/work.ts';
import { type Appended, copiesThere, fetchBack, type Outgoing } from './compare.ts';

/** How many APPENDs, and octets of them, are made before they are fetched back and compared. */
const groupMessages = 100;
const groupBytes = 16 * 1024 * 1024;

/** A message that the server took, and that reads back as it was sent. */
export interface Made<M> {
  readonly message: M;
  readonly uid: Uid;
}

/** What whoever puts messages is told meanwhile. */
export interface PutListener<M> {
  /** Before each group is APPENDed; what it throws ends it. */
  readonly before?: () => Promise<void>;
  readonly problem: (message: M, outcome: 'refused' | 'altered', detail: string) => void;
  /** After each group that was compared and recorded. */
  readonly made: (path: string, folder: FolderState, made: readonly Made<M>[]) => Promise<void>;
}

export interface PutReport {
  readonly added: Totals;
  /** Messages that their folder held already. */
  readonly present: number;
  /** The server's words when the mailbox was full; nothing was tried after that. */
  readonly full: string | null;
}

/**
 * Puts messages on the server with flags, keywords and INTERNALDATE. Counts copies: afterwards a
 * folder holds as many messages of each SHA-256 as were given, no more. The caller holds the
 * account's lock.
 */
export class PutJob<M extends Outgoing> {
  readonly #work: Work;
  readonly #listener: PutListener<M>;
  #messages = 0;
  #bytes = 0;
  #present = 0;
  #full: string | null = null;

  constructor(work: Work, listener: PutListener<M>) {
    this.#work = work;
    this.#listener = listener;
  }

  report(): PutReport {
    const added = { messages: this.#messages, bytes: bytes(this.#bytes) };
    return { added, present: this.#present, full: this.#full };
  }

  /** Starts with a folder, made where it is missing. `sizes` are those of the messages to come. */
  async folder(path: string, sizes: ReadonlySet<number>): Promise<PutFolder<M>> {
    const { catalog, line, account } = this.#work;
    const session = await line.session();
    // One that is only there because it has folders below it can't hold mail before it is created.
    const known = (await session.folders()).some((folder) => folder.path === path && folder.selectable);
    if (!known) await session.createFolder(path);
    const there = known ? await copiesThere(session, path, sizes) : new Map<Sha256, Uid[]>();
    const state = await session.examine(path);
    const altered = new Map(await catalog.alteredCopies(account, state.path, state.uidValidity));
    return new PutFolder(this.#work, session, path, state, there, altered, {
      present: () => (this.#present += 1),
      added: (size) => {
        this.#messages += 1;
        this.#bytes += size;
      },
      full: (words) => {
        if (words !== null) this.#full ??= words;
        return this.#full !== null;
      },
      ...this.#listener,
    });
  }
}

interface Tally<M> extends PutListener<M> {
  readonly present: () => void;
  readonly added: (size: number) => void;
  /** Notes that the mailbox is full, when told so; answers whether it is. */
  readonly full: (words: string | null) => boolean;
}

/** One folder that messages are put into. */
export class PutFolder<M extends Outgoing> {
  readonly #work: Work;
  readonly #session: MailSession;
  readonly #path: string;
  readonly #state: FolderState;
  readonly #there: ReadonlyMap<Sha256, Uid[]>;
  readonly #altered: Map<Sha256, number>;
  readonly #tally: Tally<M>;
  #group: M[] = [];
  #size = 0;

  constructor(
    work: Work,
    session: MailSession,
    path: string,
    state: FolderState,
    there: ReadonlyMap<Sha256, Uid[]>,
    altered: Map<Sha256, number>,
    tally: Tally<M>,
  ) {
    this.#work = work;
    this.#session = session;
    this.#path = path;
    this.#state = state;
    this.#there = there;
    this.#altered = altered;
    this.#tally = tally;
  }

  /** Puts the message there unless a copy of it is; a group of them at a time. */
  async put(message: M): Promise<void> {
    this.#work.signal.throwIfAborted();
    if (this.#tally.full(null) || (await this.#isThere(message))) return;
    this.#group.push(message);
    this.#size += message.data.length;
    if (this.#group.length >= groupMessages || this.#size >= groupBytes) await this.flush();
  }

  /**
   * APPENDs the group, fetches it back and compares. A crash in between leaves messages on the server
   * that are not compared: the next time they are found by their digest, or appended again.
   */
  async flush(): Promise<void> {
    const group = this.#group;
    this.#group = [];
    this.#size = 0;
    if (group.length === 0) return;
    await this.#tally.before?.();
    const before = await this.#session.examine(this.#path);
    const records: RestoreRecord[] = [];
    const appended = await this.#append(group, records);
    const made: Made<M>[] = [];
    for (const { message, uid, sameBytes, difference } of await fetchBack(
      this.#session,
      this.#path,
      before,
      appended,
    )) {
      if (difference !== null) this.#tally.problem(message, 'altered', difference);
      if (!sameBytes) {
        records.push({ ...this.#record(message, uid), outcome: 'altered', detail: difference });
        continue;
      }
      records.push({ ...this.#record(message, uid), outcome: 'restored', detail: difference });
      if (uid !== null) made.push({ message, uid });
      this.#tally.added(message.data.length);
    }
    await this.#work.catalog.addRestores(records);
    failPoint('after restore record');
    await this.#tally.made(this.#path, this.#state, made);
  }

  async #append(group: readonly M[], records: RestoreRecord[]): Promise<readonly Appended<M>[]> {
    const appended: Appended<M>[] = [];
    for (const message of group) {
      const { info, data } = message;
      const flags = info.flags.filter((flag) => flag !== '\\recent');
      try {
        const result = await this.#session.append(this.#path, data, flags, new Date(info.internalDate));
        appended.push({ message, uid: result.uid });
        // At once: whatever happens before it is compared, no policy may take it away again.
        const record = this.#record(message, result.uid);
        if (result.uid !== null) {
          await this.#work.catalog.addRestores([
            { ...record, outcome: 'restored', detail: 'not compared yet' },
          ]);
        }
        failPoint('after append');
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        const detail = errorMessage(error);
        this.#tally.problem(message, 'refused', detail);
        records.push({ ...this.#record(message, null), outcome: 'refused', detail });
        // Nothing more will fit: to try each of thousands would only keep the server busy.
        if (isError(error, 'full')) {
          this.#tally.full(detail);
          break;
        }
      }
      this.#work.progress.advance(1, data.length);
    }
    return appended;
  }

  /** Whether the folder holds a copy that this message can count as; each copy counts once. */
  async #isThere(message: M): Promise<boolean> {
    const { sha256 } = message.info;
    const copy = this.#there.get(sha256)?.shift();
    const changed = this.#altered.get(sha256) ?? 0;
    if (copy === undefined && changed === 0) return false;
    if (copy === undefined) {
      this.#altered.set(sha256, changed - 1);
      const detail = 'an earlier restore put it there and the server altered it; it is not added again';
      this.#tally.problem(message, 'altered', detail);
    } else {
      // It may be from a restore that was cut short: no policy takes it away again at once.
      const record = this.#record(message, copy);
      await this.#work.catalog.addRestores([{ ...record, outcome: 'restored', detail: 'was there' }]);
      this.#tally.present();
    }
    this.#work.progress.advance(1, message.data.length);
    return true;
  }

  #record(message: M, uid: Uid | null): Omit<RestoreRecord, 'outcome' | 'detail'> {
    return {
      ...this.#work.account,
      folder: this.#path,
      uidValidity: this.#state.uidValidity,
      uid,
      sha256: message.info.sha256,
      at: this.#work.clock.now(),
    };
  }
}
