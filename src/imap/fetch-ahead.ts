import type { Uid } from '../domain/brands.ts';
import { type UidSet, uidSets } from '../domain/uid-set.ts';
import type { BodyEvent } from '../ports/mail.ts';
import { type BodyQueue, uidsPerCommand } from './body-queue.ts';
import { type FetchRow, fetchItems, readRow } from './fetch.ts';
import type { PipelinedCommand } from './pipeline.ts';
import { asOctets } from './wire-token.ts';
import type { Wire } from './wire.ts';

export type BodySink = (event: BodyEvent) => Promise<void> | void;

export const bodyItem = 'BODY.PEEK[]';

/**
 * Reads whole messages up to the first large one, the next command on its way while one is answered. Answers
 * what has to be asked for by itself: messages of a command that was refused, each alone, and what was asked
 * for of a server that mixes up the order. Where nothing may be sent ahead, nothing is read.
 */
export async function fetchAhead(
  wire: Wire,
  queue: BodyQueue,
  sink: BodySink,
): Promise<readonly (readonly Uid[])[]> {
  const reading = new Reading(queue, sink);
  const inOrder = await wire.pipeline(() => reading.next());
  reading.throwFailure();
  if (!inOrder) return [...reading.refused(), ...reading.unanswered(), ...reading.unasked()];
  for (const uids of reading.unanswered()) for (const uid of uids) await sink({ kind: 'missing', uid });
  return [...reading.refused(), ...reading.unasked()];
}

/** One pipeline. */
class Reading {
  readonly #queue: BodyQueue;
  readonly #sink: BodySink;
  /** Asked for, and not answered. */
  readonly #open = new Set<Uid>();
  readonly #asked = new Set<UidSet>();
  readonly #refused = new Set<UidSet>();
  #unasked: UidSet[] = [];
  #stopped = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(queue: BodyQueue, sink: BodySink) {
    this.#queue = queue;
    this.#sink = sink;
  }

  next(): PipelinedCommand | null {
    const set = this.#stopped ? undefined : (this.#unasked.shift() ?? this.#fromQueue());
    if (set === undefined) return null;
    this.#asked.add(set);
    for (const uid of set.uids) this.#open.add(uid);
    return {
      command: 'UID FETCH',
      args: fetchItems(set, bodyItem),
      untagged: {
        FETCH: ({ attributes }) => {
          const row = readRow(attributes);
          return row === null ? undefined : this.#take(row);
        },
      },
      ended: (outcome) => {
        if ('status' in outcome && outcome.status === 'OK') return;
        this.#stopped = true;
        this.#refused.add(set);
      },
    };
  }

  /** @throws what the sink threw, whatever became of the commands. */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  refused(): readonly (readonly Uid[])[] {
    return [...this.#refused].flatMap((set) => this.#left(set).map((uid) => [uid]));
  }

  unanswered(): readonly (readonly Uid[])[] {
    const sets = [...this.#asked].filter((set) => !this.#refused.has(set));
    return sets.map((set) => this.#left(set)).filter((uids) => uids.length > 0);
  }

  unasked(): readonly (readonly Uid[])[] {
    return this.#unasked.map(({ uids }) => uids);
  }

  #left({ uids }: UidSet): readonly Uid[] {
    return uids.filter((uid) => this.#open.has(uid));
  }

  #fromQueue(): UidSet | undefined {
    const group = this.#queue.peek();
    if (group === null || 'large' in group) return undefined;
    this.#queue.take();
    this.#unasked = [...uidSets(group.uids, uidsPerCommand)];
    return this.#unasked.shift();
  }

  /** Once the sink has failed, it gets nothing more of what is on its way. */
  async #take(row: FetchRow): Promise<void> {
    if (this.#failure !== null) return;
    try {
      await takeWhole(row, this.#open, this.#sink);
    } catch (error) {
      this.#stopped = true;
      this.#failure = { error };
      throw error;
    }
  }
}

/** Hands a whole body over, if it is one that is still waited for. */
export async function takeWhole({ uid, items }: FetchRow, open: Set<Uid>, sink: BodySink): Promise<void> {
  const item = items.get('BODY[]');
  const data = item === undefined || item.origin !== null ? null : asOctets(item.token);
  // A second answer for one UID is not an answer.
  if (data === null || !open.delete(uid)) return;
  await sink({ kind: 'whole', uid, data: owned(data) });
}

/** Small buffers share memory with others, which must not be transferred to a worker. */
export function owned(data: Buffer): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? new Uint8Array(data.buffer) : Uint8Array.from(data);
}
