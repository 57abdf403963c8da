import { bytes, sha256, uid } from '../domain/brands.ts';
import { decodeReason } from '../domain/reason.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { DeleteEntry } from '../ports/records.ts';
import { date, digestFromBlob, digestToBlob, instantMs, isStringList, stringList } from './rows.ts';
import { deleteStates, type LineTable } from './schema.ts';

/** A manifest line as a row. The keys are always in the same order: the insert is prepared once. */
export function encodeLine(message: ManifestMessage, archive: number, line: number, folder: number) {
  return {
    archive_n: archive,
    line,
    folder_id: folder,
    uid: message.uid,
    sha256: digestToBlob(message.sha256),
    header_sha256: digestToBlob(message.headerSha256),
    size: message.size,
    internal_date: instantMs(message.internalDate),
    date: message.date === null ? null : instantMs(message.date),
    flags: JSON.stringify(message.flags),
    email_id: message.emailId,
    labels: message.labels.length === 0 ? null : JSON.stringify(message.labels),
    message_id: message.messageId,
    sender: message.from,
    recipients: message.to,
    subject: message.subject,
    crlf: message.crlf ? 1 : 0,
    added_newline: message.addedNewline ? 1 : 0,
    size_mismatch: message.sizeMismatch ? 1 : 0,
    frame_offset: message.frame.offset,
    frame_length: message.frame.length,
    stored_offset: message.stored.offset,
    stored_length: message.stored.length,
    headers: Object.keys(message.headers).length === 0 ? null : JSON.stringify(message.headers),
    cut: message.cut === undefined ? null : JSON.stringify(message.cut),
  };
}

type LineRow = Omit<LineTable, 'n' | 'state'> & { readonly state: number };

/** The manifest line again; its dates come back as `toISOString` writes them. */
export function decodeLine(row: LineRow): ManifestMessage {
  return {
    kind: 'message',
    uid: uid(row.uid),
    sha256: digestFromBlob(row.sha256),
    size: bytes(row.size),
    headerSha256: digestFromBlob(row.header_sha256),
    internalDate: date(row.internal_date).toISOString(),
    flags: stringList(row.flags),
    emailId: row.email_id,
    labels: row.labels === null ? [] : stringList(row.labels),
    messageId: row.message_id,
    from: row.sender,
    to: row.recipients,
    subject: row.subject,
    date: row.date === null ? null : date(row.date).toISOString(),
    crlf: row.crlf === 1,
    addedNewline: row.added_newline === 1,
    sizeMismatch: row.size_mismatch === 1,
    frame: { offset: bytes(row.frame_offset), length: bytes(row.frame_length) },
    stored: { offset: bytes(row.stored_offset), length: bytes(row.stored_length) },
    headers: row.headers === null ? {} : headerValues(row.headers),
    ...(row.cut === null ? {} : { cut: stringList(row.cut) }),
  };
}

/** The columns that `decodeEntry` needs, beside the archive's id and the digests. */
export const entryColumns = [
  'lines.line',
  'lines.uid',
  'lines.size',
  'lines.internal_date',
  'lines.flags',
  'lines.email_id',
  'lines.labels',
  'lines.size_mismatch',
  'lines.state',
  'lines.pending_since',
  'lines.reason',
] as const;

type EntryKey = 'line' | 'uid' | 'size' | 'internal_date' | 'flags';
type EntryRow = Pick<
  LineRow,
  EntryKey | 'email_id' | 'labels' | 'size_mismatch' | 'state' | 'pending_since' | 'reason'
> & {
  readonly archive: string;
  readonly sha256: string;
  readonly header_sha256: string;
};

export function decodeEntry(row: EntryRow): DeleteEntry {
  const state = deleteStates[row.state];
  if (state === undefined) throw new RangeError(`unknown delete state ${row.state}`);
  return {
    archive: sha256(row.archive),
    line: row.line,
    uid: uid(row.uid),
    sha256: sha256(row.sha256),
    headerSha256: sha256(row.header_sha256),
    size: bytes(row.size),
    internalDate: date(row.internal_date),
    flags: stringList(row.flags),
    emailId: row.email_id,
    ...(row.labels === null ? {} : { labels: stringList(row.labels) }),
    sizeMismatch: row.size_mismatch === 1,
    state,
    pendingSince: row.pending_since === null ? null : date(row.pending_since),
    reason: row.reason === null ? null : decodeReason(row.reason),
  };
}

function headerValues(json: string): ManifestMessage['headers'] {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new RangeError('not a set of headers');
  const headers: [string, readonly string[]][] = [];
  for (const [name, values] of Object.entries(value)) {
    if (!isStringList(values)) throw new RangeError('not a set of headers');
    headers.push([name, values]);
  }
  return Object.fromEntries(headers);
}
