import { bytes, type Sha256 } from '../domain/brands.ts';
import { sumSizes, type Totals } from '../domain/plan.ts';
import { errorFact } from '../errors.ts';
import type { Budget } from '../plan/budget.ts';
import type { MailSession } from '../ports/mail.ts';
import type { Progress } from '../ports/progress.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { recordTraffic } from '../work/account-pause.ts';
import { type Connection, lentConnection } from '../work/connection.ts';
import { isolated } from '../work/isolate.ts';
import { FolderIsolation } from '../work/isolate-folder.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { DeletingPolicy, PurgeRun } from './due.ts';
import { dueOf, loadDue } from './purge-due.ts';
import { purge } from './purge.ts';
import { provedInTurn } from './read-ahead.ts';
import { recoverIntents } from './recover.ts';

/** With less than this still to be archived, a second login costs more than it saves. */
const worthwhile = { messages: 1000, bytes: 16 * 1024 * 1024 };

/** What is deleted beside the archiving. */
export interface BesideParts {
  readonly run: PurgeRun;
  readonly policy: DeletingPolicy;
  readonly budget: Budget;
  /** All that is archived meanwhile. */
  readonly planned: Totals;
}

/** Work on the second login. */
interface Lane {
  readonly work: LockedWork;
  /** Aborted when another account waits for its place. */
  readonly wanted: AbortSignal;
}

/**
 * The second half of the safe order for archives that were verified a moment ago, on a second login,
 * while the first one reads the mail of the next. Each archive takes all the steps by itself. Without
 * a second login, or after it has ended, mail waits for `purgeDue`, which takes the same steps later.
 */
export class DeletionBeside {
  readonly #parts: BesideParts;
  readonly #queue: ArchiveRecord[] = [];
  readonly #done = new Set<Sha256>();
  #left: Totals;
  #lane: Lane | 'closed' | null = null;
  #working: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** Whether nothing is archived any more, so that the progress is that of the deletion. */
  #alone = false;

  constructor(parts: BesideParts) {
    this.#parts = parts;
    this.#left = parts.planned;
  }

  /** Takes an archive that was just verified. @throws what ended the deletion; an intent may be open then. */
  async verified(id: Sha256): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    const record = await this.#parts.run.work.catalog.archive(id);
    if (record === null || this.#lane === 'closed') return;
    this.#left = without(this.#left, record);
    const much = this.#left.messages >= worthwhile.messages || this.#left.bytes >= worthwhile.bytes;
    if (this.#lane === null && !much) return;
    this.#queue.push(record);
    this.#working ??= this.#work();
  }

  /**
   * Waits for what is being deleted, and logs out. Answers the archives that had their turn.
   * @throws what ended the deletion; an intent may be open then.
   */
  async finished(): Promise<ReadonlySet<Sha256>> {
    const { run, policy } = this.#parts;
    if (this.#working !== null && this.#lane !== null && this.#lane !== 'closed') {
      this.#alone = true;
      const label = `${run.work.account.account}: ${policy.name}: deleting`;
      run.work.progress.begin(label, sumSizes(this.#queue));
      await this.#working;
      run.work.progress.end();
    }
    await this.#working;
    await this.#close();
    if (this.#failure !== null) throw this.#failure.error;
    return this.#done;
  }

  /** Never rejects: its failure is thrown by the other two. */
  async #work(): Promise<void> {
    try {
      for (let record = this.#queue[0]; record !== undefined; record = this.#queue[0]) {
        const lane = await this.#open();
        if (lane === null || lane.wanted.aborted) return await this.#close();
        await this.#delete(lane, record);
        this.#queue.shift();
      }
    } catch (error) {
      this.#failure = { error };
      // Once it has ended, the run goes on with one login.
      this.#parts.run.work.seconds.refuse(errorFact(error));
      await this.#close();
    } finally {
      this.#working = null;
    }
  }

  /** Null: there is no second login, and there will be none in this round. */
  async #open(): Promise<Lane | null> {
    if (this.#lane !== null) return this.#lane === 'closed' ? null : this.#lane;
    const { work } = this.#parts.run;
    const login = await work.seconds.open();
    if (login === null) return null;
    const connection = lentConnection(login.session);
    const progress = this.#progress(work.progress);
    this.#lane = { work: workOn({ ...work, progress }, connection), wanted: login.wanted };
    return this.#lane;
  }

  async #delete({ work }: Lane, record: ArchiveRecord): Promise<void> {
    const { run, policy, budget } = this.#parts;
    if (run.work.folders.problems.some(({ path }) => path === record.folder)) return;
    const part = await dueOf(work, policy, record);
    // A limit that is broken is reported by `purgeDue`, which measures all that is left.
    if (part === null || (await budget.broken(part.totals)).length > 0) return;
    this.#done.add(record.id);
    const due = await loadDue(work, part);
    const fine = await isolated(run.ledger, () => purge({ ...run, work }, due, provedInTurn(work)));
    if (!fine) await recoverIntents(work, run.ledger);
  }

  /** Nothing is shown of it while the archiving shows how far it is. */
  #progress(shown: Progress): Progress {
    return {
      begin: () => undefined,
      advance: (messages, size) => {
        if (this.#alone) shown.advance(messages, size);
      },
      end: () => undefined,
      note: (line) => shown.note(line),
    };
  }

  async #close(): Promise<void> {
    const lane = this.#lane;
    this.#lane = 'closed';
    this.#queue.length = 0;
    if (lane === null || lane === 'closed') return;
    await recordTraffic(lane.work).catch(() => undefined);
    await lane.work.connection.drop().catch(() => undefined);
  }
}

/** The same work on another connection. */
function workOn(work: LockedWork, connection: Connection<MailSession>): LockedWork {
  const folders = new FolderIsolation({ ...work, connection, remembers: true, waits: false });
  return { ...work, connection, folders };
}

function without(all: Totals, part: Totals): Totals {
  return { messages: all.messages - part.messages, bytes: bytes(Math.max(0, all.bytes - part.bytes)) };
}
