import type { MailSession, SecondSession } from '../ports/mail.ts';
import { recordTraffic } from '../work/account-pause.ts';
import { type Connection, lentConnection } from '../work/connection.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Appended, Compared, Outgoing } from './compare.ts';
import { type AppendPlace, LostConnections } from './lost-connection.ts';

interface Second {
  readonly connection: Connection<MailSession>;
  readonly connections: LostConnections;
  /** Aborted when another account waits for its place. */
  readonly wanted: AbortSignal;
  /** Sessions that the first connection had when this one was opened. */
  readonly firstOpened: number;
}

/** What became of a group. */
export interface GroupComparison<M> {
  readonly compared: readonly Compared<M>[];
  /** What could not be read back, and why. */
  readonly unread: readonly { readonly message: M; readonly error: unknown }[];
}

/** Fetches a group back and compares it. */
export async function compareOn<M extends Outgoing>(
  connections: LostConnections,
  place: AppendPlace,
  appended: readonly Appended<M>[],
): Promise<GroupComparison<M>> {
  const unread: { readonly message: M; readonly error: unknown }[] = [];
  const note = (message: M, error: unknown): void => void unread.push({ message, error });
  return { compared: await connections.compare(place, appended, note), unread };
}

/**
 * A second connection, on which one group is fetched back and compared while the first one appends the
 * next. All can be done on the first one, so one that is refused, or that ends, is no fault.
 */
export class CompareBeside implements AsyncDisposable {
  readonly #work: LockedWork;
  #opening: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #second: Second | null = null;
  #busy = false;
  #closing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(work: LockedWork) {
    this.#work = work;
  }

  /**
   * Whether it can compare now. Asked the first time it logs in meanwhile, so that it can from some later
   * time on. @throws what failed at the login and concerns the whole account, once.
   */
  async ready(): Promise<boolean> {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
    if (this.#closed) return false;
    const { connection, secondSessions } = this.#work;
    if (this.#second === null) {
      this.#opening ??= this.#login();
      return false;
    }
    if (connection.opened !== this.#second.firstOpened)
      secondSessions.refuse('the first one ended meanwhile');
    if (!this.#second.wanted.aborted && !secondSessions.refused) return true;
    await this.#close();
    return false;
  }

  /** Null: the first connection has to do it. @throws what no other connection would help against. */
  async compare<M extends Outgoing>(
    place: AppendPlace,
    appended: readonly Appended<M>[],
  ): Promise<GroupComparison<M> | null> {
    const second = this.#second;
    if (second === null) return null;
    this.#busy = true;
    try {
      return await compareOn(second.connections, place, appended);
    } catch (error) {
      if (!isCatchable(error)) throw error;
      this.#work.secondSessions.refuse(error);
      await this.#close();
      return null;
    } finally {
      this.#busy = false;
      if (second.wanted.aborted) await this.#close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.#close();
  }

  /** Never rejects: what failed is thrown by `ready`. */
  async #login(): Promise<void> {
    try {
      const opened = await this.#work.secondSessions.open();
      if (opened === null) this.#closed = true;
      else await this.#use(opened);
    } catch (error) {
      this.#closed = true;
      this.#failure = { error };
    }
  }

  async #use({ session, wanted }: SecondSession): Promise<void> {
    const connection = lentConnection(session);
    // From here on the connection has it, and ends it.
    await connection.session();
    const connections = new LostConnections({ ...this.#work, connection });
    this.#second = { connection, connections, wanted, firstOpened: this.#work.connection.opened };
    // While nothing is compared, the place is given up at once.
    wanted.addEventListener('abort', () => {
      if (!this.#busy) void this.#close();
    });
    // It may have been wanted during the login.
    if (wanted.aborted) await this.#close();
  }

  #close(): Promise<void> {
    this.#closed = true;
    const second = this.#second;
    this.#second = null;
    if (second !== null) this.#closing = this.#end(second);
    return this.#closing;
  }

  /** Never rejects: what ends with the connection has ended anyway. */
  async #end({ connection }: Second): Promise<void> {
    await recordTraffic({ ...this.#work, connection }).catch(() => undefined);
    await connection.drop().catch(() => undefined);
  }
}
