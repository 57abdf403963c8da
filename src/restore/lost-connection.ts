import type { Sha256, Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { isConnectionLost, isError, MothballError } from '../errors.ts';
import type { AppendResult, MailSession } from '../ports/mail.ts';
import { bodyDigests } from '../work/body-digests.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { type Appended, type Compared, fetchBack, type Outgoing } from './compare.ts';

/** Connections that one message may end before it is skipped. */
const patience = 2;
/** Connections that may end one after another; after that the server is at fault and not the messages. */
const mostLost = 20;

export interface AppendPlace {
  readonly path: string;
  /** The folder before the first APPEND of the group. */
  readonly before: FolderState;
}

/** What became of messages that went in one command. */
export interface ManyAppended {
  /** For each, in order; null: it is not there. */
  readonly results: readonly (AppendResult | null)[];
  /** The server said no to the command. */
  readonly refused: boolean;
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
    place: AppendPlace,
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
        const [there] = await this.#copiesOf(place, [message], appended);
        if (there !== undefined && there !== null) return there;
        if (time >= patience) throw skipped('put there', error);
      }
    }
  }

  /**
   * APPENDs several messages in one command. Whatever became of it, each message is looked for before
   * it may be sent again: the server may have taken all before the connection ended, and a server that
   * refuses one may have taken others, although RFC 3502 does not allow that.
   */
  async appendMany<M extends Outgoing>(
    place: AppendPlace,
    messages: readonly M[],
    appended: readonly Appended<M>[],
    send: (session: MailSession) => Promise<readonly AppendResult[]>,
  ): Promise<ManyAppended> {
    try {
      const results = await this.#try(send);
      this.#inARow = 0;
      return { results, refused: false };
    } catch (error) {
      const refused = isError(error, 'protocol', 'full', 'missing');
      if (!refused && !isLost(error)) throw error;
      return { results: await this.#copiesOf(place, messages, appended), refused };
    }
  }

  /** Fetches back and compares; a message that can't be read is handed over and the others are compared. */
  async compare<M extends Outgoing>(
    place: AppendPlace,
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

  /** What the server took of each before the connection ended. Null: nothing. */
  async #copiesOf<M extends Outgoing>(
    { path, before }: AppendPlace,
    messages: readonly M[],
    appended: readonly Appended<M>[],
  ): Promise<readonly (AppendResult | null)[]> {
    const named = new Set(appended.map(({ uid }) => uid));
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
        const copies = copiesByDigest(await bodyDigests(session, candidates));
        // Copies whose UID the server did not name are among those found here.
        const unnamed = appended.filter(({ uid }) => uid === null).map(({ message }) => message.info.sha256);
        for (const sha256 of unnamed) copies.get(sha256)?.shift();
        return messages.map(({ info }) => {
          const copy = copies.get(info.sha256)?.shift();
          if (copy === undefined) return null;
          return { uid: unnamed.includes(info.sha256) ? null : copy, uidValidity };
        });
      });
    } catch (error) {
      // They may be there: they are not sent again.
      if (isLost(error)) throw skipped('looked for after that', error);
      throw error;
    }
  }
}

/** The UIDs of each digest, ascending. */
function copiesByDigest(digests: ReadonlyMap<Uid, Sha256>): Map<Sha256, Uid[]> {
  const copies = new Map<Sha256, Uid[]>();
  for (const [uid, sha256] of [...digests].toSorted(([a], [b]) => a - b)) {
    const known = copies.get(sha256);
    if (known === undefined) copies.set(sha256, [uid]);
    else known.push(uid);
  }
  return copies;
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
