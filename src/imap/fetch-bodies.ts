import { type Bytes, bytes, type Uid } from '../domain/brands.ts';
import { type UidSet, uidSets } from '../domain/uid-set.ts';
import { isError } from '../errors.ts';
import type { BodyEvent } from '../ports/mail.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { protocolError } from './imap-errors.ts';
import { asOctets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** A message of more bytes than this is read in pieces. */
export const wholeMaxBytes = 4 * 1024 * 1024;
const pieceBytes = 2 * 1024 * 1024;
/** Bounds of one command for whole messages. */
const uidsPerCommand = 500;
const bytesPerCommand = 8 * 1024 * 1024;
/** What a message may have beyond its announced size before its reading ends. */
const mostBeyondBytes = 1024 * 1024;

type Wanted = { readonly uid: Uid; readonly size: Bytes };
type Sink = (event: BodyEvent) => Promise<void> | void;

/**
 * BODY.PEEK[] of each message; the parser holds one literal at a time and waits for the sink. A
 * large message that vanishes between its pieces ends with `missing`. The budget is kept between commands,
 * so that no command runs into its deadline.
 */
export async function fetchBodies(wire: Wire, messages: readonly Wanted[], sink: Sink): Promise<void> {
  let group: Wanted[] = [];
  let groupBytes = 0;
  const flush = async (): Promise<void> => {
    const wanted = group;
    const total = groupBytes;
    group = [];
    groupBytes = 0;
    if (wanted.length === 0) return;
    await wire.meter?.take(total);
    await fetchWhole(wire, wanted, sink);
  };
  const seen = new Set<Uid>();
  for (const message of messages) {
    if (seen.has(message.uid)) continue;
    seen.add(message.uid);
    if (message.size > wholeMaxBytes) {
      await flush();
      await fetchInPieces(wire, message, sink);
      continue;
    }
    if (group.length >= uidsPerCommand || groupBytes + message.size > bytesPerCommand) await flush();
    group.push(message);
    groupBytes += message.size;
  }
  await flush();
}

/** After NO or BAD what is not answered is asked for one by one, so that one message costs itself. */
async function fetchWhole(wire: Wire, wanted: readonly Wanted[], sink: Sink): Promise<void> {
  const uids = wanted.map(({ uid }) => uid);
  for (const set of uidSets(uids, uidsPerCommand)) {
    const open = new Set<Uid>(set.uids);
    const single = set.uids.length === 1;
    let refusal = await refusedBy(() => fetchSet(wire, set, open, sink));
    // Refused by itself, it is asked for once more: servers stumble.
    if (refusal !== null && single) refusal = await refusedBy(() => fetchSet(wire, set, open, sink));
    if (refusal === null) for (const uid of open) await sink({ kind: 'missing', uid });
    else if (set.uids.length === 1)
      for (const uid of open) await sink({ kind: 'refused', uid, reason: refusal });
    else for (const uid of open) await fetchWhole(wire, [{ uid, size: bytes(0) }], sink);
  }
}

async function fetchSet(wire: Wire, set: UidSet, open: Set<Uid>, sink: Sink): Promise<void> {
  const onRow = async ({ uid, items }: FetchRow): Promise<void> => {
    const item = items.get('BODY[]');
    const data = item === undefined || item.origin !== null ? null : asOctets(item.token);
    // A second answer for one UID is not an answer.
    if (data === null || !open.delete(uid)) return;
    await sink({ kind: 'whole', uid, data: owned(data) });
  };
  await fetchRows(wire, set, 'BODY.PEEK[]', { onRow });
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

async function fetchInPieces(wire: Wire, { uid, size }: Wanted, sink: Sink): Promise<void> {
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
    await fetchRows(wire, set, `BODY.PEEK[]<${offset}.${pieceBytes}>`, { onRow });
  }
  return piece;
}

/** Small buffers share memory with others, which must not be transferred to a worker. */
function owned(data: Buffer): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? new Uint8Array(data.buffer) : Uint8Array.from(data);
}
