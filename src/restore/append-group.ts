import type { Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { errorMessage, isConnectionLost, isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { hasNul, isWireText } from '../format/wire-lines.ts';
import type { AppendResult, MailSession, NewMail } from '../ports/mail.ts';
import type { RestoreRecord } from '../ports/records.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Appended, Outgoing } from './compare.ts';
import type { AppendPlace, LostConnections } from './lost-connection.ts';

/** What a group of messages is appended with. */
export interface AppendParts<M> {
  readonly work: LockedWork;
  readonly connections: LostConnections;
  readonly path: string;
  /** The record of a message in this folder. */
  readonly record: (message: M, uid: Uid | null) => Omit<RestoreRecord, 'outcome' | 'detail'>;
  /** The server does not take the message. */
  readonly refused: (message: M, detail: string) => void;
  /** The mailbox is full, in the server's words. */
  readonly full: (words: string) => void;
}

/**
 * Whether messages may go several in one command. A crash before such a command is recorded leaves
 * copies that only their digest finds again, so a server has to show first that it alters none.
 */
export class Together {
  #state: 'unknown' | 'yes' | 'no' = 'unknown';

  get allowed(): boolean {
    return this.#state === 'yes';
  }

  get unknown(): boolean {
    return this.#state === 'unknown';
  }

  /** A message was read back, as it was sent or not. */
  saw(sameBytes: boolean): void {
    if (!sameBytes) this.#state = 'no';
    else if (this.#state === 'unknown') this.#state = 'yes';
  }
}

/** Whether a message has nothing that servers are known to alter or refuse, such as bare LF or NUL. */
export function isPlain({ info, data }: Outgoing): boolean {
  return info.crlf === true ? data.length > 0 && !hasNul(data) : isWireText(data);
}

/** APPENDs groups of messages to one folder: in one command where possible, else one by one. */
export class AppendGroups<M extends Outgoing> {
  readonly #parts: AppendParts<M>;
  readonly #together: Together;
  #withoutKeywords = false;
  #full = false;

  constructor(parts: AppendParts<M>, together: Together) {
    this.#parts = parts;
    this.#together = together;
  }

  /** Appends the messages in order; those that were taken. @throws when the connection is lost for good. */
  async append(group: readonly M[], before: FolderState): Promise<readonly Appended<M>[]> {
    const place = { path: this.#parts.path, before };
    const appended: Appended<M>[] = [];
    let left = group;
    while (left.length > 0 && !this.#full) {
      const count = await this.#countTogether(left);
      await this.#put(left.slice(0, count), place, appended);
      left = left.slice(count);
    }
    return appended;
  }

  /** How many of the first messages go in one command. */
  async #countTogether(messages: readonly M[]): Promise<number> {
    const { capabilities } = await this.#parts.work.connection.session();
    if (!capabilities.multiAppend) return 1;
    const limit = capabilities.appendLimit ?? Infinity;
    // What Dovecot, for one, refuses or alters goes by itself, as does what is too large.
    const fits = (message: M): boolean => message.data.length <= limit && isPlain(message);
    const odd = this.#together.allowed ? messages.findIndex((message) => !fits(message)) : 0;
    return odd < 0 ? messages.length : Math.max(1, odd);
  }

  /** One command for all; where it is refused, for each half of them, so that the one it is for is named. */
  async #put(messages: readonly M[], place: AppendPlace, appended: Appended<M>[]): Promise<void> {
    const [only] = messages;
    if (only === undefined || this.#full) return;
    if (messages.length === 1) return this.#putOne(only, place, appended);
    const left: M[] = [];
    let refused = false;
    try {
      const mail = messages.map((message) => this.#mailOf(message));
      const send = (session: MailSession) => session.appendMany(place.path, mail);
      const done = await this.#parts.connections.appendMany(place, messages, appended, send);
      ({ refused } = done);
      const taken: Appended<M>[] = [];
      for (const [index, message] of messages.entries()) {
        const result = done.results[index] ?? null;
        if (result === null) left.push(message);
        else taken.push({ message, ...result });
      }
      await this.#record(taken, appended);
    } catch (error) {
      for (const message of messages) this.#refuse(message, error);
    }
    const middle = refused ? Math.ceil(left.length / 2) : 1;
    for (let from = 0; from < left.length; from += middle)
      await this.#put(left.slice(from, from + middle), place, appended);
  }

  async #putOne(message: M, place: AppendPlace, appended: Appended<M>[]): Promise<void> {
    const { connections } = this.#parts;
    try {
      const send = (session: MailSession) => this.#appendOne(session, message);
      const result = await connections.append(place, message, appended, send);
      await this.#record([{ message, ...result }], appended);
    } catch (error) {
      return this.#refuse(message, error);
    }
    if (!this.#together.unknown || !isPlain(message)) return;
    // The first one shows whether the server keeps mail as it is.
    const own = appended.slice(-1);
    const [compared] = await connections.compare(place, own, () => undefined);
    this.#together.saw(compared?.sameBytes === true);
  }

  /** At once: whatever happens before they are compared, no policy may take them away again. */
  async #record(taken: readonly Appended<M>[], appended: Appended<M>[]): Promise<void> {
    const { work, record } = this.#parts;
    const records: RestoreRecord[] = [];
    for (const one of taken) {
      appended.push(one);
      if (one.uid !== null)
        records.push({ ...record(one.message, one.uid), outcome: 'appended', detail: null });
    }
    failPoint('before append record');
    if (records.length > 0) await work.catalog.addRestores(records);
    failPoint('after append');
    for (const { message } of taken) work.progress.advance(1, message.data.length);
  }

  /** @throws what is not the message's fault. */
  #refuse(message: M, error: unknown): void {
    if (!isCatchable(error) || isConnectionLost(error) || isError(error, 'changed')) throw error;
    const detail = errorMessage(error);
    this.#parts.refused(message, detail);
    // Nothing more will fit: to try each of thousands would only keep the server busy.
    if (isError(error, 'full')) {
      this.#full = true;
      this.#parts.full(detail);
    } else this.#parts.work.progress.advance(1, message.data.length);
  }

  #mailOf({ info, data }: M): NewMail {
    const flags = info.flags.filter(
      (flag) => flag !== '\\recent' && (!this.#withoutKeywords || flag.startsWith('\\')),
    );
    return { data, flags, internalDate: new Date(info.internalDate) };
  }

  /** A server that refuses a message for its keywords gets it, and all after it, without them. */
  async #appendOne(session: MailSession, message: M): Promise<AppendResult> {
    const { path } = this.#parts;
    const { data, flags, internalDate } = this.#mailOf(message);
    const system = flags.filter((flag) => flag.startsWith('\\'));
    if (system.length === flags.length) return session.append(path, data, system, internalDate);
    try {
      return await session.append(path, data, flags, internalDate);
    } catch (error) {
      if (!isError(error, 'protocol') || error.said === null) throw error;
      const result = await session.append(path, data, system, internalDate);
      this.#withoutKeywords = true;
      return result;
    }
  }
}
