import { asUid, type Uid } from '../domain/brands.ts';
import { type UidSet, uidSets } from '../domain/uid-set.ts';
import { protocolError } from './imap-errors.ts';
import {
  type Argument,
  asCount,
  asList,
  fetchKey,
  sequence,
  type WireToken,
  verbatim,
} from './wire-token.ts';
import type { Parsed } from './reply.ts';
import type { Wire } from './wire.ts';

/** One item of a FETCH row; `origin` is that of a partial section. */
export interface FetchItem {
  readonly token: WireToken | undefined;
  readonly origin: number | null;
}

/** One FETCH row with its UID; later items of the same name have won. */
export interface FetchRow {
  readonly uid: Uid;
  readonly items: ReadonlyMap<string, FetchItem>;
}

/** Longest command line: some servers refuse 8,192 bytes. */
const longestLine = 8000;
/** What a line has beside its set and its items. */
const lineOverhead = 64;
/** A set is never cut shorter than this, however many header fields are asked for. */
const shortestSet = 400;

/** The sets of a UID FETCH of these items, so that no line is longer than servers take. */
export function fetchSets(uids: readonly Uid[], most: number, items: string): readonly UidSet[] {
  return uidSets(uids, most, Math.max(shortestSet, longestLine - lineOverhead - items.length));
}

/** The arguments of UID FETCH (RFC 9051 §6.4.5). */
export function fetchItems({ set }: UidSet, items: string): readonly Argument[] {
  return [sequence(set), verbatim(`(UID ${items})`)];
}

/** Called for the rows of one command. */
export interface RowSink {
  /** Awaited, so that a slow sink slows the socket. */
  readonly onRow: (row: FetchRow) => Promise<void> | void;
  /** The row of this message can't be parsed; without it, such a row fails the command. */
  readonly unreadable?: (uid: Uid) => void;
}

/**
 * UID FETCH of one set (RFC 9051 §6.4.5). `onRow` gets the rows for the UIDs asked for. Rows without
 * a UID, or for another UID, come from other clients' changes or from a faulty server; they are not
 * taken for an answer. @throws `protocol` after NO or BAD, and for a line that is nobody's row.
 */
export async function fetchRows(
  wire: Wire,
  { set, uids }: UidSet,
  items: string,
  { onRow, unreadable }: RowSink,
): Promise<void> {
  const asked = new Set<Uid>(uids);
  const unparsed = (line: Buffer): void => {
    const uid = uidOfLine(line);
    if (uid === null) throw protocolError(wire.who, "an answer to UID FETCH can't be parsed", '');
    if (asked.has(uid)) unreadable?.(uid);
  };
  const reply = await wire.run('UID FETCH', fetchItems({ set, uids }, items), {
    ...(unreadable === undefined ? {} : { unparsed }),
    untagged: {
      FETCH: (response) => {
        const row = readRow(response.attributes);
        return row !== null && asked.has(row.uid) ? onRow(row) : undefined;
      },
    },
  });
  // A NO may come after some rows ("some of the requested messages no longer exist"): which are
  // gone and which failed is unknown, so none of it counts.
  if (reply.status !== 'OK') throw protocolError(wire.who, `FETCH failed (${reply.status})`, reply);
}

/** The UID that an unreadable row names; only to keep that message, never to decide anything else on it. */
function uidOfLine(line: Buffer): Uid | null {
  const [, digits] = /^\* \d+ FETCH \(.*?\bUID (\d{1,10})\b/is.exec(line.toString('latin1', 0, 8192)) ?? [];
  return digits === undefined ? null : asUid(Number(digits));
}

/** The UID of a FETCH row; null when it has none. */
export function uidOfRow(attributes: Parsed['attributes']): Uid | null {
  return readRow(attributes)?.uid ?? null;
}

/** A FETCH row; null when it has no UID. */
export function readRow(attributes: Parsed['attributes']): FetchRow | null {
  const list = asList(attributes?.[1]) ?? [];
  const items = new Map<string, FetchItem>();
  for (let index = 0; index + 1 < list.length; index += 2) {
    const key = fetchKey(list[index]);
    if (key !== null) items.set(key.key, { token: list[index + 1], origin: key.origin });
  }
  const uid = asUid(asCount(items.get('UID')?.token) ?? 0);
  return uid === null ? null : { uid, items };
}
