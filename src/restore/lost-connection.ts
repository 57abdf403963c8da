import type { FolderState } from '../domain/folder.ts';
import { isConnectionLost, MothballError } from '../errors.ts';
import type { AppendResult, MailSession } from '../ports/mail.ts';
import { bodyDigests } from '../work/body-digests.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { type Appended, type Compared, fetchBack, type Outgoing } from './compare.ts';

/** Connections that one message may end before it is skipped. */
const patience = 2;
/** Connections that may end one after another; after that the server is at fault and not the messages. */
const mostLost = 20;

interface Place {
  readonly path: string;
  /** The folder before the first APPEND of the group. */
  readonly before: FolderState;
}

/** Uploads continue on a new connection, and past a message that ends the connection twice (SAFETY I8). */
export class LostConnections {
  readonly #work: LockedWork;
  #inARow = 0;

  constructor(work: LockedWork) {
    this.#work = work;
  }

  /**
   * APPENDs a message. The server may have taken it although the connection ended, so before it is
   * sent again it is looked for. @throws `protocol` when it is to be skipped.
   */
  async append<M extends Outgoing>(
    place: Place,
    message: M,
    appended: readonly Appended<M>[],
    send: (session: MailSession) => Promise<AppendResult>,
  ): Promise<AppendResult> {
    for (let time = 1; ; time += 1) {
      try {
        const result = await this.#try(send);
        this.#inARow = 0;
        return result;
      } catch (error) {
        if (!isLost(error)) throw error;
        const there = await this.#copyOf(place, message, appended);
        if (there !== null) return there;
        if (time >= patience) throw skipped('put there', error);
      }
    }
  }

  /** Fetches back and compares; a message that can't be read is handed over and the others are compared. */
  async compare<M extends Outgoing>(
    place: Place,
    appended: readonly Appended<M>[],
    unread: (message: M, error: MothballError) => void,
  ): Promise<readonly Compared<M>[]> {
    for (let time = 1; ; time += 1) {
      try {
        const look = (session: MailSession) => fetchBack(session, place.path, place.before, appended);
        const compared = await this.#try(look);
        this.#inARow = 0;
        return compared;
      } catch (error) {
        if (!isLost(error)) throw error;
        if (time < patience) continue;
        const [only] = appended;
        if (appended.length > 1 || only === undefined) break;
        unread(only.message, skipped('read back, and it is not compared', error));
        return [];
      }
    }
    const middle = Math.ceil(appended.length / 2);
    const first = await this.compare(place, appended.slice(0, middle), unread);
    return [...first, ...(await this.compare(place, appended.slice(middle), unread))];
  }

  /** One attempt. A server that can't be reached at all is no message's fault. */
  async #try<T>(step: (session: MailSession) => Promise<T>): Promise<T> {
    this.#work.signal.throwIfAborted();
    const session = await this.#session();
    try {
      return await step(session);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      this.#inARow += 1;
      await this.#work.connection.drop().catch(() => undefined);
      if (this.#inARow >= mostLost) throw new Unreachable(error);
      throw error;
    }
  }

  async #session(): Promise<MailSession> {
    try {
      return await this.#work.connection.session();
    } catch (error) {
      throw isConnectionLost(error) ? new Unreachable(error) : error;
    }
  }

  /** What the server took of it before the connection ended. Null: nothing. */
  async #copyOf<M extends Outgoing>(
    { path, before }: Place,
    { info }: M,
    appended: readonly Appended<M>[],
  ): Promise<AppendResult | null> {
    const named = new Set(appended.map(({ uid }) => uid));
    const unnamed = appended.filter((one) => one.uid === null && one.message.info.sha256 === info.sha256);
    try {
      return await this.#try(async (session) => {
        const { uidValidity } = await session.examine(path);
        if (uidValidity !== before.uidValidity) throw replaced(path);
        const made = (await session.search([])).filter(
          (uid) => uid >= (before.uidNext ?? 1) && !named.has(uid),
        );
        const candidates = [];
        for await (const { uid, size } of session.fetchMeta(made)) {
          if (size !== null) candidates.push({ uid, size });
        }
        const digests = await bodyDigests(session, candidates);
        const copies = [...digests].filter(([, sha256]) => sha256 === info.sha256);
        const copy = copies[unnamed.length];
        if (copy === undefined) return null;
        return { uid: unnamed.length === 0 ? copy[0] : null, uidValidity };
      });
    } catch (error) {
      // It may be there: it is not sent again.
      if (isLost(error)) throw skipped('looked for after that', error);
      throw error;
    }
  }
}

/** Ends the upload, as a lost connection did: no message is blamed for it. */
class Unreachable extends MothballError {
  constructor(cause: MothballError) {
    super(cause.explanation, { code: cause.code, retryable: true, cause });
  }
}

/** Whether the connection ended, and a new one may help. */
function isLost(error: unknown): error is MothballError {
  return isConnectionLost(error) && !(error instanceof Unreachable);
}

function skipped(what: string, cause: MothballError): MothballError {
  return new MothballError(
    { fact: `the connection ended twice while it was ${what}`, notDone: 'the message was skipped' },
    { code: 'protocol', cause },
  );
}

function replaced(path: string): MothballError {
  return new MothballError(
    {
      fact: `folder "${path}" was replaced by another while mail was put there`,
      notDone: 'the rest was not',
    },
    { code: 'changed' },
  );
}
