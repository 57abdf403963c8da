import { bytes, type Uid } from '../domain/brands.ts';
import type { Headers, MessageMeta } from '../domain/message.ts';
import { Shared } from '../domain/shared.ts';
import { uidSets } from '../domain/uid-set.ts';
import { readHeaderFields } from '../format/header-fields.ts';
import type { FetchMetaOptions } from '../ports/mail.ts';
import type { ServerFeatures } from './capabilities.ts';
import { parseDateTime } from './date-time.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { protocolError } from './imap-errors.ts';
import { asCount, asList, asModseq, asOctets, asText } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** Rows of one command are held until it ends, so that no command runs while a consumer works. */
const uidsPerCommand = 1000;

/** Metadata by UID FETCH, ascending within each command. See MailSession.fetchMeta. */
export async function* fetchMeta(
  wire: Wire,
  features: ServerFeatures,
  uids: readonly Uid[],
  options: FetchMetaOptions,
): AsyncGenerator<MessageMeta> {
  const names = (options.headers ?? []).map((name) => name.toUpperCase()).filter(isFieldName);
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const flagLists = new Shared<readonly string[]>();
  const items = itemsFor(features, names, options.saveDate === true);
  for (const set of uidSets(uids, uidsPerCommand)) {
    const rows = new Map<Uid, MessageMeta>();
    await fetchRows(wire, set, items, (row) => {
      rows.set(row.uid, merge(rows.get(row.uid), readMeta(wire.who, row, wanted, flagLists)));
    });
    yield* [...rows.values()].sort((a, b) => a.uid - b.uid);
  }
}

function itemsFor(features: ServerFeatures, headers: readonly string[], saveDate: boolean): string {
  const items = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
  if (features.condstore) items.push('MODSEQ');
  if (features.gmail) items.push('X-GM-MSGID');
  else if (features.objectId) items.push('EMAILID');
  if (saveDate && features.saveDate) items.push('SAVEDATE');
  if (headers.length > 0) items.push(`BODY.PEEK[HEADER.FIELDS (${headers.join(' ')})]`);
  return items.join(' ');
}

/** A field name (RFC 5322 §2.2) that is also an atom (RFC 9051 §9); others can't be asked for. */
function isFieldName(name: string): boolean {
  return /^[A-Z0-9!#$&'+./:;<=>?@^_`|~-]+$/.test(name) && !name.includes(':');
}

function readMeta(
  who: string,
  row: FetchRow,
  wanted: ReadonlySet<string>,
  flagLists: Shared<readonly string[]>,
): MessageMeta {
  const token = (key: string): FetchItemToken => row.items.get(key)?.token;
  const list = asList(token('FLAGS'));
  if (list === null)
    throw protocolError(who, `FETCH of UID ${row.uid} reports no FLAGS; nothing is decided on it`, '');
  const flags = [...new Set(list.flatMap((flag) => readFlag(asText(flag))))];
  const size = asCount(token('RFC822.SIZE'));
  const block = asOctets(token('BODY[HEADER.FIELDS]'));
  return {
    uid: row.uid,
    size: size === null ? null : bytes(size),
    internalDate: parseDateTime(asText(token('INTERNALDATE')) ?? ''),
    flags: flagLists.of(JSON.stringify(flags), flags),
    emailId: asText(asList(token('EMAILID'))?.[0]) ?? asText(token('X-GM-MSGID')),
    modseq: asModseq(asList(token('MODSEQ'))?.[0]),
    savedDate: parseDateTime(asText(token('SAVEDATE')) ?? ''),
    headers: wanted.size > 0 && block !== null ? readHeaderFields(block, wanted) : null,
  };
}

type FetchItemToken = Parameters<typeof asText>[0];

/** \Recent is about the session, not of the message (RFC 3501 §2.3.2). */
function readFlag(flag: string | null): readonly string[] {
  if (flag === null || flag.toLowerCase() === '\\recent') return [];
  return [flag.startsWith('\\') ? flag.toLowerCase() : flag];
}

/**
 * A second row of the same message, such as a change of flags by another client in between: its
 * flags are the newer ones; what the two rows contradict each other about is unknown.
 */
function merge(earlier: MessageMeta | undefined, later: MessageMeta): MessageMeta {
  if (earlier === undefined) return later;
  const same = <T>(a: T | null, b: T | null): T | null =>
    a === null || b === null ? (a ?? b) : String(a) === String(b) ? a : null;
  const headers: Headers | null = earlier.headers ?? later.headers;
  return {
    uid: later.uid,
    size: same(earlier.size, later.size),
    internalDate: same(earlier.internalDate, later.internalDate),
    flags: later.flags,
    emailId: same(earlier.emailId, later.emailId),
    modseq: later.modseq ?? earlier.modseq,
    savedDate: same(earlier.savedDate, later.savedDate),
    headers,
  };
}
