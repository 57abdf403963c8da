import type { Uid } from '../domain/brands.ts';
import { type UidSet, uidSets } from '../domain/uid-set.ts';
import { isError } from '../errors.ts';
import { BodyQueue, uidsPerCommand, type WantedBody } from './body-queue.ts';
import { bodyItem, type BodySink, fetchAhead, owned, takeWhole } from './fetch-ahead.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { protocolError } from './imap-errors.ts';
import { asOctets } from './wire-token.ts';
import type { Wire } from './wire.ts';

const pieceBytes = 2 * 1024 * 1024;
/** What a message may have beyond its announced size before its reading ends. */
const mostBeyondBytes = 1024 * 1024;

/**
 * BODY.PEEK[] of each message; the parser holds one literal at a time and waits for the sink. What is asked
 * for is taken from `messages` as it is sent, a command before it is needed. A large message that vanishes
 * between its pieces ends with `missing`. A budget of bytes is kept between commands, so that no command runs
 * into its deadline.
 */
export async function fetchBodies(wire: Wire, messages: Iterable<WantedBody>, sink: BodySink): Promise<void> {
  const queue = new BodyQueue(messages);
  for (;;) {
    for (const uids of await fetchAhead(wire, queue, sink)) await fetchWhole(wire, uids, sink);
    const next = queue.take();
    if (next === null) return;
    if ('large' in next) {
      await fetchInPieces(wire, next.large, sink);
    } else {
      await wire.meter?.take(next.bytes);
      await fetchWhole(wire, next.uids, sink);
    }
  }
}

/** After NO or BAD what is not answered is asked for one by one, so that one message costs itself. */
async function fetchWhole(wire: Wire, uids: readonly Uid[], sink: BodySink): Promise<void> {
  for (const set of uidSets(uids, uidsPerCommand)) {
    const open = new Set<Uid>(set.uids);
    const single = set.uids.length === 1;
    let refusal = await refusedBy(() => fetchSet(wire, set, open, sink));
    // Refused by itself, it is asked for once more: servers stumble.
    if (refusal !== null && single) refusal = await refusedBy(() => fetchSet(wire, set, open, sink));
    if (refusal === null) for (const uid of open) await sink({ kind: 'missing', uid });
    else if (set.uids.length === 1)
      for (const uid of open) await sink({ kind: 'refused', uid, reason: refusal });
    else for (const uid of open) await fetchWhole(wire, [uid], sink);
  }
}

async function fetchSet(wire: Wire, set: UidSet, open: Set<Uid>, sink: BodySink): Promise<void> {
  await fetchRows(wire, set, bodyItem, { onRow: (row) => takeWhole(row, open, sink) });
}

/** The server's refusal in words; null: it answered. */
async function refusedBy(step: () => Promise<void>): Promise<string | null> {
  try {
    await step();
    return null;
  } catch (error) {
    if (isError(error, 'protocol')) return error.message;
    throw error;
  }
}

async function fetchInPieces(wire: Wire, { uid, size }: WantedBody, sink: BodySink): Promise<void> {
  let offset = 0;
  const refusal = await refusedBy(async () => {
    for (;;) {
      await wire.meter?.take(Math.min(pieceBytes, Math.max(0, size - offset)));
      const piece = await fetchPiece(wire, uid, offset);
      if (piece === null) return sink({ kind: 'missing', uid });
      // The sink may free the memory, and then the piece has no length any more.
      const { length } = piece;
      if (offset + length > size + mostBeyondBytes)
        throw protocolError(
          wire.who,
          `UID ${uid} was announced with ${size} bytes and continues after ${offset}`,
          '',
        );
      if (length > 0) await sink({ kind: 'part', uid, data: owned(piece) });
      offset += length;
      // A short piece before the announced end is asked on from: only an empty one proves the end there.
      if (length === 0 || (length < pieceBytes && offset >= size)) break;
    }
    await sink({ kind: 'end', uid, length: offset });
  });
  if (refusal !== null) await sink({ kind: 'refused', uid, reason: refusal });
}

/** Octets from the offset on (RFC 9051 §6.4.5, partial fetch), or null when there is no answer. */
async function fetchPiece(wire: Wire, uid: Uid, offset: number): Promise<Buffer | null> {
  let piece: Buffer | null = null;
  for (const set of uidSets([uid])) {
    const onRow = ({ items }: FetchRow): void => {
      const item = items.get('BODY[]');
      const data = item === undefined ? null : asOctets(item.token);
      if (item === undefined || data === null || piece !== null) return;
      if (item.origin !== offset || data.length > pieceBytes) {
        throw protocolError(wire.who, `UID ${uid}: asked for bytes from ${offset}, answered with others`, '');
      }
      piece = data;
    };
    await fetchRows(wire, set, `${bodyItem}<${offset}.${pieceBytes}>`, { onRow });
  }
  return piece;
}
