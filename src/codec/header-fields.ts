import { Buffer } from 'node:buffer';
import { addressParser, decodeWords } from 'postal-mime';
import { parseDateHeader } from '../domain/dates.ts';

/** What a manifest line tells of a message's header. Text is well-formed Unicode without NUL. */
export interface HeaderSummary {
  readonly messageId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly subject: string | null;
  /** ISO 8601 in UTC; null when missing or unreadable. */
  readonly date: string | null;
  /** Each name asked for that occurs, lower case → values, unfolded and decoded (RFC 2047). */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** A bare address for the From_ line: of Return-Path, else of From. */
  readonly sender: string | null;
}

const always = ['message-id', 'from', 'to', 'subject', 'date', 'return-path'];

/**
 * Reads a header block. Only the fields asked for are decoded, so that 20,000 messages don't cost
 * seconds. Never throws, whatever the bytes.
 */
export function summarizeHeader(block: Uint8Array, names: readonly string[]): HeaderSummary {
  const fields = rawFields(block, new Set([...always, ...names]));
  const first = (name: string): string | null => fields.get(name)?.[0] ?? null;
  const decoded = (name: string): readonly string[] => (fields.get(name) ?? []).map(decodeText);
  const from = first('from');
  return {
    messageId: decoded('message-id')[0] ?? null,
    from: decoded('from')[0] ?? null,
    to: decoded('to').join(', ') || null,
    subject: decoded('subject')[0] ?? null,
    date: parseDateHeader(first('date') ?? '')?.toISOString() ?? null,
    headers: Object.fromEntries(
      names.filter((name) => fields.has(name)).map((name) => [name, decoded(name)]),
    ),
    sender: address(first('return-path')) ?? address(from),
  };
}

/** Unfolded, undecoded values of the wanted fields by lower-case name (RFC 5322 §2.2). */
function rawFields(block: Uint8Array, wanted: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const fields = new Map<string, string[]>();
  let start = 0;
  while (start < bytes.length) {
    let end = lineEnd(bytes, start);
    while (bytes[end] === space || bytes[end] === tab) end = lineEnd(bytes, end);
    const colon = bytes.subarray(start, Math.min(end, start + longestName)).indexOf(0x3a);
    if (colon > 0) {
      const name = bytes
        .toString('latin1', start, start + colon)
        .trimEnd()
        .toLowerCase();
      if (wanted.has(name)) {
        const values = fields.get(name) ?? [];
        values.push(unfold(text(bytes.subarray(start + colon + 1, end))));
        fields.set(name, values);
      }
    }
    start = end;
  }
  return fields;
}

const space = 0x20;
const tab = 0x09;
/** Octets. RFC 5322 §2.1.1 allows lines of 998. */
const longestName = 1000;

/** Offset after the LF that ends the line. */
function lineEnd(bytes: Buffer, start: number): number {
  const feed = bytes.indexOf(0x0a, start);
  return feed === -1 ? bytes.length : feed + 1;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 (RFC 6532) where it is valid, else one character per octet. */
function text(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/** RFC 5322 §2.2.3: a line end before white space goes, the white space stays. */
function unfold(value: string): string {
  return value.replaceAll(/\r?\n(?=[ \t])/g, '').trim();
}

function decodeText(value: string): string {
  let decoded = value;
  try {
    if (value.includes('=?')) decoded = decodeWords(value);
  } catch {
    // An encoded word that can't be decoded stays as it stands.
  }
  return decoded.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The first bare address of an address field. */
function address(value: string | null): string | null {
  if (value === null || value.length > longestName) return null;
  const bare = /^<?([^\s<>]+@[^\s<>]+?)>?$/.exec(value)?.[1];
  if (bare !== undefined) return bare;
  try {
    return addressParser(value, { flatten: true })[0]?.address || null;
  } catch {
    return null;
  }
}
