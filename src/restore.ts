import type { Sha256, Uid } from './domain/brands.ts';
import type { FolderState } from './domain/folder.ts';
import type { Totals } from './domain/plan.ts';
import { bytes } from './domain/brands.ts';
import { errorMessage, isConnectionLost } from './errors.ts';
import { failPoint } from './failpoint.ts';
import type { RestoreRecord } from './ports/records.ts';
import type { MailSession } from './ports/mail.ts';
import { readMessages, type Damaged, type ReadMessage } from './read-archive.ts';
import { writeReceipt } from './receipt.ts';
import { copiesThere, fetchBack, type Appended } from './restore-server.ts';
import { onceEach, type Wanted } from './wanted.ts';
import type { Work } from './work.ts';

/** How many APPENDs, and octets of them, are made before they are fetched back and compared. */
const groupMessages = 100;
const groupBytes = 16 * 1024 * 1024;

export interface RestoreProblem {
  readonly id: string;
  readonly outcome: 'refused' | 'altered' | 'damaged';
  readonly detail: string;
}

export interface RestoreReport {
  readonly restored: Totals;
  /** Messages that the folder holds already. */
  readonly present: number;
  readonly problems: readonly RestoreProblem[];
}

/**
 * Puts archived messages of one account back on the server with flags, keywords and INTERNALDATE:
 * into `target`, or where each came from. Counts copies: afterwards the folder holds as many
 * messages of each SHA-256 as are wanted, no more. The caller holds the account's lock.
 */
export async function restore(
  work: Work,
  wanted: readonly Wanted[],
  target: string | null,
): Promise<RestoreReport> {
  const folders = new Map<string, Wanted[]>();
  for (const part of wanted) {
    const path = target ?? part.record.folder;
    folders.set(path, [...(folders.get(path) ?? []), part]);
  }
  const job = new RestoreJob(work);
  for (const [path, parts] of folders) await job.intoFolder(path, await onceEach(work.catalog, parts));
  return job.report();
}

class RestoreJob {
  readonly #work: Work;
  readonly #problems: RestoreProblem[] = [];
  #messages = 0;
  #bytes = 0;
  #present = 0;

  constructor(work: Work) {
    this.#work = work;
  }

  report(): RestoreReport {
    return {
      restored: { messages: this.#messages, bytes: bytes(this.#bytes) },
      present: this.#present,
      problems: this.#problems,
    };
  }

  async intoFolder(path: string, parts: readonly Wanted[]): Promise<void> {
    const { catalog, line, account, gate } = this.#work;
    const session = await line.session();
    const known = (await session.folders()).some((folder) => folder.path === path);
    if (!known) await session.createFolder(path);
    const sizes = await this.#sizes(parts);
    const there = known ? await copiesThere(session, path, sizes) : new Map<Sha256, Uid[]>();
    const folder = await session.examine(path);
    const altered = new Map(await catalog.alteredCopies(account, folder.path, folder.uidValidity));
    const reader = { ...this.#work, store: (name: string) => gate.find(name) };
    let group: ReadMessage[] = [];
    let size = 0;
    for await (const message of readMessages(reader, parts, (fault) => this.#damaged(fault))) {
      this.#work.signal.throwIfAborted();
      if (await this.#isThere(message, path, folder, there, altered)) continue;
      group.push(message);
      size += message.data.length;
      if (group.length < groupMessages && size < groupBytes) continue;
      await this.#append(session, path, folder, group);
      group = [];
      size = 0;
    }
    await this.#append(session, path, folder, group);
  }

  /** Whether the folder holds a copy that this message can count as; each copy counts once. */
  async #isThere(
    message: ReadMessage,
    path: string,
    folder: FolderState,
    there: ReadonlyMap<Sha256, Uid[]>,
    altered: Map<Sha256, number>,
  ): Promise<boolean> {
    const { sha256 } = message.info;
    const copy = there.get(sha256)?.shift();
    const changed = altered.get(sha256) ?? 0;
    if (copy === undefined && changed === 0) return false;
    if (copy === undefined) {
      altered.set(sha256, changed - 1);
      this.#tell(
        message,
        'altered',
        'an earlier restore put it there and the server altered it; it is not added again',
      );
    } else {
      // It may be from a restore that was cut short: no policy takes it away again at once.
      const record = this.#record(message, path, folder, copy);
      await this.#work.catalog.addRestores([{ ...record, outcome: 'restored', detail: 'was there' }]);
      this.#present += 1;
    }
    this.#work.progress.advance(1, message.data.length);
    return true;
  }

  async #sizes(parts: readonly Wanted[]): Promise<ReadonlySet<number>> {
    const sizes = new Set<number>();
    for (const { record, lines } of parts) {
      const messages = await this.#work.catalog.lines(record.id);
      for (const line of lines) sizes.add(messages[line]?.size ?? 0);
    }
    return sizes;
  }

  /**
   * APPENDs a group, fetches it back and compares. A crash in between leaves messages on the server
   * that are not compared: the next restore finds them by their digest, or appends them again.
   */
  async #append(
    session: MailSession,
    path: string,
    folder: FolderState,
    group: readonly ReadMessage[],
  ): Promise<void> {
    if (group.length === 0) return;
    const before = await session.examine(path);
    const appended: Appended[] = [];
    const records: RestoreRecord[] = [];
    for (const message of group) {
      const { info, data } = message;
      const flags = info.flags.filter((flag) => flag !== '\\recent');
      try {
        const result = await session.append(path, data, flags, new Date(info.internalDate));
        appended.push({ message, uid: result.uid });
        // At once: whatever happens before it is compared, no policy may take it away again.
        const record = this.#record(message, path, folder, result.uid);
        if (result.uid !== null) {
          await this.#work.catalog.addRestores([
            { ...record, outcome: 'restored', detail: 'not compared yet' },
          ]);
        }
        failPoint('after append');
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        const detail = errorMessage(error);
        this.#tell(message, 'refused', detail);
        records.push({ ...this.#record(message, path, folder, null), outcome: 'refused', detail });
      }
      this.#work.progress.advance(1, data.length);
    }
    const made: { readonly message: ReadMessage; readonly uid: Uid }[] = [];
    for (const { message, uid, sameBytes, difference } of await fetchBack(session, path, before, appended)) {
      if (difference !== null) this.#tell(message, 'altered', difference);
      if (!sameBytes) {
        records.push({ ...this.#record(message, path, folder, uid), outcome: 'altered', detail: difference });
        continue;
      }
      records.push({ ...this.#record(message, path, folder, uid), outcome: 'restored', detail: difference });
      if (uid !== null) made.push({ message, uid });
      this.#messages += 1;
      this.#bytes += message.data.length;
    }
    await this.#work.catalog.addRestores(records);
    failPoint('after restore record');
    await this.#receipts(path, folder, made);
  }

  #record(
    message: ReadMessage,
    path: string,
    folder: FolderState,
    uid: Uid | null,
  ): Omit<RestoreRecord, 'outcome' | 'detail'> {
    const sha256: Sha256 = message.info.sha256;
    return {
      ...this.#work.account,
      folder: path,
      uidValidity: folder.uidValidity,
      uid,
      sha256,
      at: this.#work.clock.now(),
    };
  }

  #damaged({ record, line, reason }: Damaged): void {
    const id = line === null ? record.id : `${record.id}/${line}`;
    this.#problems.push({ id, outcome: 'damaged', detail: reason });
  }

  #tell(message: ReadMessage, outcome: 'refused' | 'altered', detail: string): void {
    this.#problems.push({ id: `${message.record.id}/${message.line}`, outcome, detail });
  }

  async #receipts(
    path: string,
    folder: FolderState,
    made: readonly { readonly message: ReadMessage; readonly uid: Uid }[],
  ): Promise<void> {
    const archives = new Map(made.map(({ message }) => [message.record.id, message.record]));
    for (const record of archives.values()) {
      const own = made.filter(({ message }) => message.record.id === record.id);
      await writeReceipt(
        this.#work,
        record,
        'append',
        own.map(({ message }) => message.line),
        {
          folder: path,
          uidValidity: folder.uidValidity,
          uids: own.map(({ uid }) => uid),
        },
      );
    }
  }
}
