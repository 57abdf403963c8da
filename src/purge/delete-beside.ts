import { bytes, type Sha256 } from '../domain/brands.ts';
import { sumSizes, type Totals } from '../domain/plan.ts';
import { isConnectionLost } from '../errors.ts';
import type { Budget } from '../plan/budget.ts';
import type { MailSession } from '../ports/mail.ts';
import type { Progress } from '../ports/progress.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { recordTraffic } from '../work/account-pause.ts';
import { type Connection, lentConnection } from '../work/connection.ts';
import { costsItself, isCatchable } from '../work/isolate.ts';
import { FolderIsolation } from '../work/isolate-folder.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { DeletingPolicy, PurgeRun } from './due.ts';
import { dueOf, loadDue } from './purge-due.ts';
import { purge } from './purge.ts';
import { provedInTurn } from './read-ahead.ts';
import { recoverIntents } from './recover.ts';

/** With less than this still to be archived, a second connection costs more than it saves. */
const worthwhile = { messages: 1000, bytes: 16 * 1024 * 1024 };

/** What is deleted beside the archiving. */
export interface BesideParts {
  readonly run: PurgeRun;
  readonly policy: DeletingPolicy;
  readonly budget: Budget;
  /** What is still to be archived. */
  readonly fresh: Totals;
}

/** Work on the second connection. */
interface SecondWork {
  readonly work: LockedWork;
  /** Aborted when another account waits for its place. */
  readonly wanted: AbortSignal;
  /** Sessions that the first connection had when this one was opened. */
  readonly firstOpened: number;
}

/**
 * The second half of the safe order for archives that were verified a moment ago, on a second connection,
 * while the first one reads the mail of the next. Each archive takes all the steps by itself. Without a
 * second connection, or after it has ended, mail waits for `purgeDue`, which takes the same steps later.
 */
export class DeletionBeside {
  readonly #parts: BesideParts;
  readonly #queue: ArchiveRecord[] = [];
  readonly #done = new Set<Sha256>();
  #left: Totals;
  #second: SecondWork | null = null;
  /** Set once: nothing more is deleted here. */
  #closing: Promise<void> | null = null;
  #working: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** Nothing is archived any more, so the progress shown is that of the deletion. */
  #alone = false;
  #shown = false;

  constructor(parts: BesideParts) {
    this.#parts = parts;
    this.#left = parts.fresh;
  }

  /** Takes an archive that was just verified. */
  async verified(id: Sha256): Promise<void> {
    const record = await this.#parts.run.work.catalog.archive(id);
    if (record === null || this.#closing !== null) return;
    this.#left = without(this.#left, record);
    const much = this.#left.messages >= worthwhile.messages || this.#left.bytes >= worthwhile.bytes;
    if (this.#second === null && !much) return;
    this.#queue.push(record);
    this.#working ??= this.#work();
  }

  /** Before more is archived. @throws what must not wait until `finished`: an intent is open, and is settled first. */
  requireSettled(): void {
    if (this.#failure === null) return;
    const { error } = this.#failure;
    if (!isCatchable(error) || isConnectionLost(error)) throw this.#failure.error;
  }

  /** The archiving failed: nothing more begins, and what is being deleted is finished. */
  giveUp(reason: unknown): void {
    this.#queue.splice(1);
    if (this.#second !== null && isConnectionLost(reason)) this.#parts.run.work.secondSessions.refuse(reason);
  }

  /**
   * Waits for what is being deleted, and logs out. Answers the archives that had their turn.
   * @throws what ended the deletion; an intent is open then.
   */
  async finished(): Promise<ReadonlySet<Sha256>> {
    this.#alone = true;
    this.#show();
    await this.#working;
    if (this.#shown) this.#parts.run.work.progress.end();
    await this.#close();
    if (this.#failure !== null) throw this.#failure.error;
    return this.#done;
  }

  /** Never rejects: what failed is thrown by `requireSettled`. */
  async #work(): Promise<void> {
    try {
      for (let record = this.#queue[0]; record !== undefined; record = this.#queue[0]) {
        const second = await this.#open();
        if (second === null || !this.#mayContinue(second)) break;
        await this.#deleteOrClose(second, record);
        this.#queue.shift();
      }
    } catch (error) {
      this.#failure = { error };
      await this.#close();
    } finally {
      this.#working = null;
    }
    if (this.#second === null || !this.#mayContinue(this.#second)) await this.#close();
  }

  /** Null: there is no second connection, and there will be none in this round. */
  async #open(): Promise<SecondWork | null> {
    if (this.#second !== null) return this.#second;
    const { work } = this.#parts.run;
    const opened = await work.secondSessions.open();
    if (opened === null) return null;
    const { session, wanted } = opened;
    const connection = lentConnection(session);
    // From here on the connection has it, and ends it.
    await connection.session();
    const progress = this.#progress(work.progress);
    this.#second = {
      work: workOn({ ...work, progress }, connection),
      wanted,
      firstOpened: work.connection.opened,
    };
    // While nothing is being deleted, the place is given up at once.
    wanted.addEventListener('abort', () => {
      if (this.#working === null) void this.#close();
    });
    this.#show();
    return this.#second;
  }

  /** Not when another account needs the place, nor when the server seems not to bear two connections. */
  #mayContinue({ wanted, firstOpened }: SecondWork): boolean {
    const { connection, secondSessions } = this.#parts.run.work;
    if (connection.opened !== firstOpened) secondSessions.refuse('the first one ended meanwhile');
    return !wanted.aborted && !secondSessions.refused && this.#closing === null;
  }

  /**
   * What fails here may fail only because there are two connections: it is tried again, and reported,
   * by `purgeDue`. @throws where an intent is left open.
   */
  async #deleteOrClose({ work }: SecondWork, record: ArchiveRecord): Promise<void> {
    const { run } = this.#parts;
    this.#done.add(record.id);
    try {
      const fine = await costsItself(
        () => this.#delete(work, record),
        (error) => run.work.secondSessions.refuse(error),
      );
      if (fine) return;
      this.#done.delete(record.id);
      await recoverIntents(work, run.ledger);
    } catch (error) {
      this.#done.delete(record.id);
      if (isConnectionLost(error)) run.work.secondSessions.refuse(error);
      const open = await run.work.catalog.deleteEntries(record.id, ['deleting']);
      if (!isConnectionLost(error) || open.length > 0) throw error;
    }
  }

  async #delete(work: LockedWork, record: ArchiveRecord): Promise<void> {
    const { run, policy, budget } = this.#parts;
    if (run.work.folders.problems.some(({ path }) => path === record.folder)) return;
    const part = await dueOf(work, policy, record);
    // A limit that is broken is reported by `purgeDue`, which measures all that is left.
    if (part === null || (await budget.broken(part.totals)).length > 0) {
      this.#done.delete(record.id);
      return;
    }
    await purge({ ...run, work }, await loadDue(work, part), provedInTurn(work));
  }

  /** While the archiving shows how far it is, nothing of this is shown. */
  #progress(shown: Progress): Progress {
    return {
      begin: () => undefined,
      advance: (messages, size) => {
        if (this.#shown) shown.advance(messages, size);
      },
      end: () => undefined,
      note: (line) => shown.note(line),
    };
  }

  #show(): void {
    if (!this.#alone || this.#shown || this.#second === null || this.#queue.length === 0) return;
    const { run, policy } = this.#parts;
    this.#shown = true;
    run.work.progress.begin(`${run.work.account.account}: ${policy.name}: deleting`, sumSizes(this.#queue));
  }

  #close(): Promise<void> {
    this.#queue.length = 0;
    this.#closing ??= endSession(this.#second);
    return this.#closing;
  }
}

/** Never rejects: what ends with the connection has ended anyway. */
async function endSession(second: SecondWork | null): Promise<void> {
  if (second === null) return;
  await recordTraffic(second.work).catch(() => undefined);
  await second.work.connection.drop().catch(() => undefined);
}

/** The same work on another connection, with folders of its own: those of the first one would use that. */
function workOn(work: LockedWork, connection: Connection<MailSession>): LockedWork {
  const folders = new FolderIsolation({ ...work, connection, remembers: true, waits: false });
  return { ...work, connection, folders };
}

function without(all: Totals, part: Totals): Totals {
  return { messages: all.messages - part.messages, bytes: bytes(Math.max(0, all.bytes - part.bytes)) };
}
