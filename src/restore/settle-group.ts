import { errorMessage } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { RestoreRecord } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { afterFailure, isCatchable } from '../work/isolate.ts';
import { mayHaveSecond } from '../work/second-sessions.ts';
import { isPlain, type Together } from './append-group.ts';
import type { Appended, Outgoing } from './compare.ts';
import { CompareBeside, compareOn, type GroupComparison } from './compare-beside.ts';
import { putLabels } from './labels.ts';
import type { AppendPlace, LostConnections } from './lost-connection.ts';
import { type Made, restoreRecord, type TargetFolder, type UploadListener } from './upload.ts';

/** A group of messages that was appended. */
export interface SentGroup<M> {
  readonly folder: TargetFolder;
  readonly place: AppendPlace;
  /** What the server took. */
  readonly appended: readonly Appended<M>[];
  readonly refusals: readonly RestoreRecord[];
}

/** What groups are settled with. */
export interface SettleParts<M> {
  readonly work: LockedWork;
  readonly listener: UploadListener<M>;
  /** On the first connection. */
  readonly connections: LostConnections;
  readonly together: Together;
  readonly added: (size: number) => void;
}

/**
 * Fetches groups that were appended back, compares and records them: at once, or while the next one is
 * appended. A crash before that leaves messages on the server that are not compared: the next time they
 * are found by their record or their digest.
 */
export class GroupSettling<M extends Outgoing> implements AsyncDisposable {
  readonly #parts: SettleParts<M>;
  readonly #beside: CompareBeside;
  /** The group before; what it answers is to be settled on the first connection. */
  #running: Promise<SentGroup<M> | null> = Promise.resolve(null);
  /** Groups that were full. */
  #full = 0;
  #exact = true;

  constructor(parts: SettleParts<M>) {
    this.#parts = parts;
    this.#beside = new CompareBeside(parts.work);
  }

  /**
   * Settles the group before, then starts with this one; it may go on beside the next one where there will
   * be one. @throws what the group before or the second login threw; this one is settled all the same.
   */
  async start(sent: SentGroup<M>, more: boolean): Promise<void> {
    if (more) this.#full += 1;
    let mayWait = more && this.#full > 1 && canRunBeside(sent);
    try {
      await this.finished();
      mayWait &&= (await mayHaveSecond(this.#parts.work)) && (await this.#beside.ready());
    } catch (error) {
      if (!isCatchable(error)) throw error;
      return afterFailure(error, () => this.#settleHere(sent));
    }
    if (!mayWait) return this.#settleHere(sent);
    this.#running = this.#settleBeside(sent);
    // The next call throws it; never unhandled meanwhile.
    this.#running.catch(() => undefined);
  }

  /** Whether every message so far was found where the server said that it is, as it was sent. */
  get exact(): boolean {
    return this.#exact;
  }

  /** Waits until all that was started is settled. @throws what that threw. */
  async finished(): Promise<void> {
    const running = this.#running;
    this.#running = Promise.resolve(null);
    const left = await running;
    if (left !== null) await this.#settleHere(left);
  }

  /** Waits for what is running, whatever comes of it, and logs out. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.catch(() => undefined);
    await this.#beside[Symbol.asyncDispose]();
  }

  async #settleHere(sent: SentGroup<M>): Promise<void> {
    await this.#record(sent, await compareOn(this.#parts.connections, sent.place, sent.appended));
  }

  async #settleBeside(sent: SentGroup<M>): Promise<SentGroup<M> | null> {
    const comparison = await this.#beside.compare(sent.place, sent.appended);
    // A server may show another connection late what the first one did: only that one can say what is wrong.
    if (comparison === null || !isFlawless(comparison)) return sent;
    await this.#record(sent, comparison);
    return null;
  }

  async #record(sent: SentGroup<M>, { compared, unread }: GroupComparison<M>): Promise<void> {
    const { work, listener, together, added } = this.#parts;
    const { folder } = sent;
    const { path, state } = folder;
    for (const { message, error } of unread) listener.problem(message, 'altered', errorMessage(error));
    const unlabelled = await this.#label(folder, compared);
    const records = [...sent.refusals];
    const made: Made<M>[] = [];
    for (const { message, uid, sameBytes, difference: altered } of compared) {
      const difference = altered ?? unlabelled.get(message) ?? null;
      if (difference !== null) listener.problem(message, 'altered', difference);
      if ((!sameBytes || together.unknown) && isPlain(message)) together.saw(sameBytes);
      const record = restoreRecord(work, folder, message, uid);
      records.push({ ...record, outcome: sameBytes ? 'restored' : 'altered', detail: difference });
      if (!sameBytes) this.#exact = false;
      if (!sameBytes) continue;
      if (uid !== null) made.push({ message, uid });
      added(message.data.length);
    }
    await work.catalog.addRestores(records, compared.length);
    failPoint('after restore record');
    await listener.made(path, state, made);
    // What was refused may be on its way to the server yet.
    for (const { message } of sent.appended) message.release?.();
  }

  /** Labels of messages that were compared; what Gmail did not take, by message. */
  async #label(
    { path, made }: TargetFolder,
    compared: GroupComparison<M>['compared'],
  ): Promise<ReadonlyMap<M, string>> {
    if (made === null) return new Map();
    const fine = compared.flatMap(({ message, uid, sameBytes }) =>
      sameBytes && uid !== null ? [{ message, uid }] : [],
    );
    return putLabels(this.#parts.work, path, fine);
  }
}

function isFlawless<M>({ compared, unread }: GroupComparison<M>): boolean {
  return unread.length === 0 && compared.every(({ difference }) => difference === null);
}

/** Not without UIDs, as then a group is looked for among all that is new; and labels need the first connection. */
function canRunBeside<M>({ folder, appended }: SentGroup<M>): boolean {
  return folder.made === null && appended.every(({ uid }) => uid !== null);
}
