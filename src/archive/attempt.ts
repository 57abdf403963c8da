import { mostManifestText } from '../domain/bounds.ts';
import type { Bytes, Uid } from '../domain/brands.ts';
import { isPlaceholder } from '../domain/placeholder.ts';
import type { ArchiveWriter, NewMessage } from '../ports/codec.ts';
import type { BodyEvent, MailReader } from '../ports/mail.ts';
import type { Batch } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { bodyDigest, type BodyDigest, readDigest } from './digest.ts';
import { quarantine } from './quarantine.ts';

/** A message of a batch, as FETCH described it. */
export interface BatchMessage {
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  /** Labels of Gmail; missing where the server has none. */
  readonly labels?: readonly string[];
}

/** What one reading of a batch works with. */
export interface Reading {
  readonly work: LockedWork;
  readonly batch: Batch;
  readonly ledger: Ledger;
}

/** One reading of a batch on one connection. */
export class Attempt {
  readonly #reading: Reading;
  readonly #writer: ArchiveWriter;
  readonly #alone: ReadonlySet<Uid>;
  readonly #messages: ReadonlyMap<Uid, BatchMessage>;
  /** UIDs not answered yet, in order. */
  readonly #open: Set<Uid>;
  /** Answered with another length than RFC822.SIZE. */
  readonly #doubtful: BatchMessage[] = [];
  /** First readings of doubtful messages that came in one piece. */
  readonly #digests = new Map<Uid, BodyDigest>();
  /** Not delivered, with the reason. */
  readonly #refused = new Map<Uid, string>();
  readonly #missing: Uid[] = [];
  #session: MailReader | null = null;
  #inPieces: Uid | null = null;
  #delivered = 0;
  readonly #left: BatchMessage[] = [];
  #asked = 0;

  /** `alone`: messages that are asked for one by one. */
  constructor(
    reading: Reading,
    messages: readonly BatchMessage[],
    { writer, alone }: { readonly writer: ArchiveWriter; readonly alone: ReadonlySet<Uid> },
  ) {
    this.#reading = reading;
    this.#writer = writer;
    this.#alone = new Set(alone);
    this.#messages = new Map(messages.map((message) => [message.uid, message]));
    this.#open = new Set(this.#messages.keys());
  }

  /** The UID being read when the connection ended: the first one without an answer. */
  reading(): Uid | null {
    const [first] = this.#open;
    return first ?? null;
  }

  /** Messages that were not asked for: the archive is full before them. */
  get left(): readonly BatchMessage[] {
    return this.#left;
  }

  /** The first messages without an answer. */
  unanswered(most: number): readonly Uid[] {
    return [...this.#open].slice(0, most);
  }

  /** Messages that came, whatever their length. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Whether the server refused it, in a set and by itself. */
  refused(uid: Uid): boolean {
    return this.#refused.has(uid);
  }

  async run(session: MailReader): Promise<void> {
    this.#session = session;
    for (const messages of this.#groups())
      await session.fetchBodies(this.#untilFull(messages), (event) => this.#take(event));
    for (const message of this.#doubtful) {
      this.#reading.work.signal.throwIfAborted();
      this.#open.add(message.uid);
      await this.#readTwice(session, message);
      this.#open.delete(message.uid);
    }
  }

  /** Messages that are asked for one by one, and others together, in the order of the batch. */
  #groups(): readonly (readonly BatchMessage[])[] {
    const groups: BatchMessage[][] = [];
    let group: BatchMessage[] | null = null;
    for (const message of this.#messages.values()) {
      const single = this.#alone.has(message.uid);
      if (single || group === null) groups.push((group = []));
      group.push(message);
      if (single) group = null;
    }
    return groups;
  }

  /** Messages as they are asked for, until the manifest is long enough; the rest is left. */
  *#untilFull(messages: readonly BatchMessage[]): Generator<BatchMessage> {
    for (const message of messages) {
      if (this.#left.length > 0 || this.#isFull()) {
        this.#leave(message);
      } else {
        this.#asked += 1;
        yield message;
      }
    }
  }

  /** Whether the manifest is long enough with what was asked for, if that needs as much as what came so far. */
  #isFull(): boolean {
    const answered = this.#messages.size - this.#open.size;
    const waiting = this.#asked - answered;
    return this.#writer.manifestText * (1 + waiting / Math.max(1, answered)) >= mostManifestText;
  }

  #leave(message: BatchMessage): void {
    this.#left.push(message);
    this.#open.delete(message.uid);
  }

  /** What the server refused, and what it has but did not deliver; what is gone is not in it. */
  async undelivered(): Promise<ReadonlyMap<Uid, string>> {
    const found = new Map(this.#refused);
    if (this.#session === null || this.#missing.length === 0) return found;
    for await (const { uid } of this.#session.fetchMeta(this.#missing))
      found.set(uid, 'the server has it, but did not deliver it when it was asked for');
    return found;
  }

  async #take(event: BodyEvent): Promise<void> {
    this.#reading.work.signal.throwIfAborted();
    const message = this.#messages.get(event.uid);
    if (message === undefined) return;
    switch (event.kind) {
      case 'whole':
        this.#answered(event.uid);
        if (event.data.length !== message.size || isPlaceholder(event.data)) {
          this.#doubtful.push(message);
          this.#digests.set(message.uid, bodyDigest(event.data));
        } else {
          this.#reading.work.progress.advance(1, event.data.length);
          await this.#writer.add(asNew(message, false), event.data);
        }
        return;
      case 'part':
        if (this.#inPieces !== event.uid) {
          this.#inPieces = event.uid;
          await this.#writer.begin(asNew(message, false));
        }
        this.#reading.work.progress.advance(0, event.data.length);
        await this.#writer.piece(event.data);
        return;
      case 'end': {
        this.#inPieces = null;
        const keep = event.length === message.size;
        await this.#writer.end(keep);
        this.#answered(event.uid);
        if (keep) this.#reading.work.progress.advance(1, 0);
        else this.#doubtful.push(message);
        return;
      }
      case 'refused':
        await this.#dropPieces(event.uid);
        this.#refused.set(event.uid, event.reason);
        return;
      case 'missing':
        // It may vanish between two pieces of it.
        await this.#dropPieces(event.uid);
        this.#missing.push(event.uid);
    }
  }

  #answered(uid: Uid): void {
    this.#open.delete(uid);
    this.#delivered += 1;
  }

  async #dropPieces(uid: Uid): Promise<void> {
    this.#open.delete(uid);
    if (this.#inPieces === uid) await this.#writer.end(false);
    this.#inPieces = null;
  }

  /**
   * Two equal reads of a message whose size the server got wrong may be archived, marked as such. What
   * came with all the others is one of them; where the next one differs, it gets another chance.
   */
  async #readTwice(session: MailReader, message: BatchMessage): Promise<void> {
    const known = this.#digests.get(message.uid) ?? null;
    const first = known ?? (await readDigest(session, message, () => undefined));
    if (first === null) return;
    const other = await this.#compare(session, message, first, known !== null);
    if (other !== null) await this.#compare(session, message, other, false);
  }

  /** Reads it into the archive and compares. A `patient` one returns what differs (null: nothing came) and blames nothing. */
  async #compare(
    session: MailReader,
    message: BatchMessage,
    first: BodyDigest,
    patient: boolean,
  ): Promise<BodyDigest | null> {
    await this.#writer.begin(asNew(message, first.length !== message.size));
    let head: Uint8Array = new Uint8Array();
    const second = await readDigest(session, message, async (data) => {
      if (head.length === 0) head = data.slice(0, 4096);
      await this.#writer.piece(data);
    });
    const equal = second !== null && second.sha256 === first.sha256 && second.length === first.length;
    const placeholder = isPlaceholder(head);
    await this.#writer.end(equal && !placeholder);
    if (placeholder) await this.#blame(message, 'the server delivered a placeholder instead of the message');
    else if (equal) this.#reading.work.progress.advance(1, first.length);
    else if (patient) return second;
    else {
      const lengths = `RFC822.SIZE ${message.size}, read ${first.length} and ${second?.length ?? 0} bytes`;
      await this.#blame(message, `the server delivers it differently each time (${lengths})`);
    }
    return null;
  }

  async #blame({ uid }: BatchMessage, reason: string): Promise<void> {
    const { work, batch, ledger } = this.#reading;
    await quarantine(work, batch, ledger, { uid, reason });
  }
}

function asNew(message: BatchMessage, sizeMismatch: boolean): NewMessage {
  const { uid, internalDate, flags, emailId, labels = [] } = message;
  return { uid, internalDate, flags, emailId, labels, sizeMismatch };
}
