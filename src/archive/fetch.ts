import type { Uid } from '../domain/brands.ts';
import { isConnectionLost, isError, MothballError } from '../errors.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { MailReader } from '../ports/mail.ts';
import type { Batch } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { Attempt, type BatchMessage, type Reading } from './attempt.ts';
import { quarantine } from './quarantine.ts';

/** How often one message may be the one at which the connection ended, or that was not delivered. */
const patience = 2;
/** Messages that are asked for one by one after a lost connection: as many as one command may name. */
const mostAlone = 500;
/** Connections that one batch may use up, however many of its messages are at fault. */
const maxConnections = 50;
/** Other messages that are tried, to show that the fault is not the server's. */
const mostWitnesses = 6;

/** A new archive in the spool, and the messages that it has no room for: its manifest would get too long. */
export interface Fetched {
  readonly writer: ArchiveWriter;
  readonly left: readonly BatchMessage[];
}

/**
 * Reads every message of a batch into a new archive in the spool (SAFETY step 4): the UID asked
 * for, the length that RFC822.SIZE promised, or twice the same bytes. Null: nothing could be kept.
 * A message that ended two connections by itself, or that the server twice refused or did not deliver, is
 * quarantined when another one can be read; the count outlives the run.
 */
export async function fetchBatch(
  work: LockedWork,
  batch: Batch,
  messages: readonly BatchMessage[],
  ledger: Ledger,
): Promise<Fetched | null> {
  const reading = { work, batch, ledger };
  const blamed = new Set<Uid>();
  const alone = new Set<Uid>();
  let wanted = messages;
  for (let connection = 1; wanted.length > 0; connection += 1) {
    // A server that can't be reached is nobody's fault: that error is thrown as it is.
    const session = await openFolder(work, batch);
    if (session === null) {
      // Some servers have another UIDVALIDITY each time: their mail would stay for ever without a word.
      ledger.notice(
        `folder ${batch.folder}`,
        `folder "${batch.folder}" became another one (UIDVALIDITY or MAILBOXID) before its mail was read: it stays, and the next run looks at it again`,
      );
      return null;
    }
    const writer = await newWriter(work, session, batch);
    const attempt = new Attempt(reading, wanted, { writer, alone });
    try {
      await attempt.run(session);
      await settleUndelivered(reading, attempt, messages);
      if (writer.count > 0) return { writer, left: attempt.left };
      await writer.abort();
      return null;
    } catch (error) {
      await writer.abort();
      const culprit = attempt.reading();
      if (!isConnectionLost(error) || culprit === null || connection >= maxConnections) throw error;
      await work.connection.drop();
      // First the server is given the benefit of the doubt: the next session sends one FETCH after the other.
      if (session.lostTogether) continue;
      // A server may fall over a command before it answers for any of it: the culprit is the one that was asked for alone.
      if (!alone.has(culprit)) {
        for (const uid of attempt.unanswered(mostAlone)) alone.add(uid);
        continue;
      }
      blamed.add(culprit);
      if ((await blame(reading, culprit)) < patience) continue;
      // A server that drops every FETCH is no reason to give up one message for good.
      if (!(await othersCanBeRead(reading, messages, blamed))) throw error;
      const reason = 'the connection ended twice while this message was read';
      await quarantine(work, batch, ledger, { uid: culprit, reason });
      wanted = wanted.filter((message) => message.uid !== culprit);
    }
  }
  return null;
}

/** Messages that the server refused, or of which an OK said nothing: counted, reported, the second time quarantined. */
async function settleUndelivered(
  reading: Reading,
  attempt: Attempt,
  messages: readonly BatchMessage[],
): Promise<void> {
  const { work, batch, ledger } = reading;
  const undelivered = await attempt.undelivered();
  if (undelivered.size === 0) return;
  // Refused all together, they are not at fault: the folder or the server is.
  const others =
    attempt.delivered > 0 || (await othersCanBeRead(reading, messages, new Set(undelivered.keys())));
  const [first] = undelivered.values();
  if (!others) throw new MothballError({ fact: first ?? 'no message could be read' }, { code: 'protocol' });
  for (const [uid, reason] of undelivered) {
    // What is refused was refused twice; an OK without the message may be a slip.
    if (attempt.refused(uid) || (await blame(reading, uid)) >= patience)
      await quarantine(work, batch, ledger, { uid, reason });
    else
      ledger.notice(
        `"${batch.folder}" UID ${uid}`,
        `"${batch.folder}" UID ${uid} is kept: ${reason}; it is tried again by the next run`,
      );
  }
}

async function blame({ work, batch }: Reading, uid: Uid): Promise<number> {
  const { server, account, folder, uidValidity, mailboxId } = batch;
  return work.catalog.blameUid({
    server,
    account,
    folder,
    uidValidity,
    mailboxId,
    uid,
    at: work.clock.now(),
  });
}

/**
 * Whether the server delivers other messages of the batch, of which nobody is blamed. Where there is
 * none, that the folder opens has to do. @throws `connect`, `timeout` when the server can't be reached.
 */
async function othersCanBeRead(
  { work, batch }: Reading,
  messages: readonly BatchMessage[],
  blamed: ReadonlySet<Uid>,
): Promise<boolean> {
  const others = spread(messages.filter((message) => !blamed.has(message.uid)));
  if (others.length === 0) return (await openFolder(work, batch)) !== null;
  for (const other of others) {
    const session = await openFolder(work, batch);
    if (session === null) return false;
    try {
      let read = false;
      await session.fetchBodies([other], ({ kind }) => void (read ||= kind === 'whole' || kind === 'end'));
      if (read) return true;
    } catch (error) {
      if (!isError(error, 'protocol', 'connect', 'timeout')) throw error;
      await work.connection.drop();
    }
  }
  return false;
}

/** A few of many, from the last to the first: what breaks one often breaks its neighbours. */
function spread<T>(all: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(all.length / mostWitnesses));
  return all.toReversed().filter((_, index) => index % step === 0);
}

async function newWriter(work: LockedWork, session: MailReader, batch: Batch): Promise<ArchiveWriter> {
  return work.codec.writer({
    format: batch.format,
    compression: batch.compression,
    folder: await segments(session, batch),
    spoolDir: work.spool.path,
    headerNames: work.rules.headerNames,
  });
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
