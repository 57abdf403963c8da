import { createHash } from 'node:crypto';
import type { Bytes, Uid } from '../domain/brands.ts';
import { isPlaceholder } from '../domain/placeholder.ts';
import { isConnectionLost } from '../errors.ts';
import type { ArchiveWriter, NewMessage } from '../ports/codec.ts';
import type { BodyEvent, MailReader } from '../ports/mail.ts';
import type { Batch } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { quarantine } from './quarantine.ts';

/** A message of a batch, as FETCH described it. */
export interface BatchMessage {
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
}

/** How often one UID may be the one at which the connection ended. */
const patience = 2;
/** How many connections one batch may use up. */
const maxConnections = 6;

/**
 * Reads every message of a batch into a new archive in the spool (SAFETY step 4): the UID asked
 * for, the length that RFC822.SIZE promised, or twice the same bytes. Null: nothing could be kept.
 * A broken connection starts the archive again; a UID that ended two connections is quarantined.
 */
export async function fetchBatch(
  work: LockedWork,
  batch: Batch,
  messages: readonly BatchMessage[],
  ledger: Ledger,
): Promise<ArchiveWriter | null> {
  const blamed = new Map<Uid, number>();
  let wanted = messages;
  for (let connection = 1; wanted.length > 0; connection += 1) {
    // A server that can't be reached is nobody's fault: that error goes up as it is.
    const session = await openFolder(work, batch);
    if (session === null) return null;
    const writer = work.codec.writer({
      format: batch.format,
      compression: batch.compression,
      folder: await segments(session, batch),
      spoolDir: work.spool.path,
      headerNames: work.rules.headerNames,
    });
    const attempt = new Attempt({ work, batch, ledger, writer }, wanted);
    try {
      await attempt.run(session);
      if (writer.count > 0) return writer;
      await writer.abort();
      return null;
    } catch (error) {
      await writer.abort();
      const culprit = attempt.reading();
      if (!isConnectionLost(error) || culprit === null || connection >= maxConnections) throw error;
      await work.connection.drop();
      const times = (blamed.get(culprit) ?? 0) + 1;
      blamed.set(culprit, times);
      if (times < patience) continue;
      // A server that drops every FETCH is no reason to give up one message for good.
      if (!(await readsAnother(work, batch, messages, culprit))) throw error;
      const reason = 'the connection ended twice while this message was read';
      await quarantine(work, batch, ledger, { uid: culprit, reason });
      wanted = wanted.filter((message) => message.uid !== culprit);
    }
  }
  return null;
}

/** Whether another message of the batch can be read. @throws `connect`, `timeout` when that fails too. */
async function readsAnother(
  work: LockedWork,
  batch: Batch,
  messages: readonly BatchMessage[],
  culprit: Uid,
): Promise<boolean> {
  const other = messages.findLast((message) => message.uid !== culprit);
  const session = other === undefined ? null : await openFolder(work, batch);
  if (other === undefined || session === null) return false;
  await session.fetchBodies([other], () => undefined);
  return true;
}

/** EXAMINE, and the folder must be the one that was recorded. Null when it is another now. */
async function openFolder(work: LockedWork, batch: Batch): Promise<MailReader | null> {
  const session = await work.connection.session();
  const state = await session.examine(batch.folder);
  const same = state.uidValidity === batch.uidValidity && state.mailboxId === batch.mailboxId;
  return same ? session : null;
}

/** The folder's place in the tree; an mbox keeps none, so no LIST is sent. */
async function segments(session: MailReader, { format, folder }: Batch): Promise<readonly string[]> {
  if (format === 'mbox') return [];
  const known = (await session.folders()).find((candidate) => candidate.path === folder);
  return (known?.name ?? folder).split('/');
}

/** What one reading of a batch fills. */
interface Reading {
  readonly work: LockedWork;
  readonly batch: Batch;
  readonly ledger: Ledger;
  readonly writer: ArchiveWriter;
}

/** One reading of a batch on one connection. */
class Attempt {
  readonly #reading: Reading;
  readonly #writer: ArchiveWriter;
  readonly #messages: ReadonlyMap<Uid, BatchMessage>;
  /** UIDs not answered yet, in order. */
  readonly #open: Set<Uid>;
  /** Answered with another length than RFC822.SIZE. */
  readonly #doubtful: BatchMessage[] = [];
  #inPieces: Uid | null = null;

  constructor(reading: Reading, messages: readonly BatchMessage[]) {
    this.#reading = reading;
    this.#writer = reading.writer;
    this.#messages = new Map(messages.map((message) => [message.uid, message]));
    this.#open = new Set(this.#messages.keys());
  }

  /** The UID being read when the connection ended: the first one without an answer. */
  reading(): Uid | null {
    const [first] = this.#open;
    return first ?? null;
  }

  async run(session: MailReader): Promise<void> {
    await session.fetchBodies([...this.#messages.values()], (event) => this.#take(event));
    for (const message of this.#doubtful) {
      this.#reading.work.signal.throwIfAborted();
      this.#open.add(message.uid);
      await this.#readTwice(session, message);
      this.#open.delete(message.uid);
    }
  }

  async #take(event: BodyEvent): Promise<void> {
    this.#reading.work.signal.throwIfAborted();
    const message = this.#messages.get(event.uid);
    if (message === undefined) return;
    switch (event.kind) {
      case 'whole':
        this.#open.delete(event.uid);
        if (event.data.length !== message.size || isPlaceholder(event.data)) {
          this.#doubtful.push(message);
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
        this.#open.delete(event.uid);
        if (keep) this.#reading.work.progress.advance(1, 0);
        else this.#doubtful.push(message);
        return;
      }
      case 'missing':
        // It may vanish between two pieces of it.
        if (this.#inPieces === event.uid) await this.#writer.end(false);
        this.#inPieces = null;
        this.#open.delete(event.uid);
    }
  }

  /** Two equal reads of a message whose size the server got wrong may be archived, marked as such. */
  async #readTwice(session: MailReader, message: BatchMessage): Promise<void> {
    const first = await digest(session, message, () => undefined);
    if (first === null) return;
    await this.#writer.begin(asNew(message, first.length !== message.size));
    let head: Uint8Array = new Uint8Array();
    const second = await digest(session, message, async (data) => {
      if (head.length === 0) head = data.slice(0, 4096);
      await this.#writer.piece(data);
    });
    const equal = second !== null && second.sha256 === first.sha256 && second.length === first.length;
    const placeholder = isPlaceholder(head);
    await this.#writer.end(equal && !placeholder);
    if (placeholder) await this.#blame(message, 'the server delivered a placeholder instead of the message');
    else if (!equal) {
      const lengths = `RFC822.SIZE ${message.size}, read ${first.length} and ${second?.length ?? 0} bytes`;
      await this.#blame(message, `the server delivers it differently each time (${lengths})`);
    } else this.#reading.work.progress.advance(1, first.length);
  }

  async #blame({ uid }: BatchMessage, reason: string): Promise<void> {
    const { work, batch, ledger } = this.#reading;
    await quarantine(work, batch, ledger, { uid, reason });
  }
}

async function digest(
  session: MailReader,
  message: BatchMessage,
  each: (data: Uint8Array) => Promise<void> | void,
): Promise<{ readonly sha256: string; readonly length: number } | null> {
  const hash = createHash('sha256');
  let length = 0;
  let missing = false;
  await session.fetchBodies([message], async (event) => {
    if (event.kind === 'missing') missing = true;
    if (event.kind !== 'whole' && event.kind !== 'part') return;
    hash.update(event.data);
    length += event.data.length;
    await each(event.data);
  });
  return missing ? null : { sha256: hash.digest('hex'), length };
}

function asNew(message: BatchMessage, sizeMismatch: boolean): NewMessage {
  const { internalDate, flags, emailId } = message;
  return { uid: message.uid, internalDate, flags, emailId, labels: [], sizeMismatch };
}
