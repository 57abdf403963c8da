import { Buffer } from 'node:buffer';
import { decodeWords } from 'postal-mime';
import { longestCompared, mostEncodedWords, mostHeaderBytes, mostHeaderLines } from '../domain/bounds.ts';
import type { Headers } from '../domain/message.ts';

/**
 * Header fields (RFC 5322 §2.2) by lower-case name: values unfolded, trimmed and decoded
 * (RFC 2047), well-formed Unicode without NUL. Raw 8-bit octets are UTF-8 (RFC 6532), or Latin-1
 * where they are not. Only the fields wanted are decoded, so that 20,000 messages don't cost
 * seconds; one that the message lacks has an empty list. Never throws, whatever the bytes. The one
 * reader for what FETCH delivers and for what archives hold: a policy or a hold sees the same text
 * in both.
 */
export function readHeaderFields(block: Uint8Array, wanted: ReadonlySet<string>): Headers {
  const fields = rawFields(block, wanted);
  let words = mostEncodedWords;
  const decode = (value: string): string => {
    words -= encodedWords(value);
    return words < 0 ? tooLong(value.slice(0, keptLength)) : decodeText(value);
  };
  return new Map([...fields].map(([name, values]) => [name, values.map(decode)]));
}

function rawFields(block: Uint8Array, wanted: ReadonlySet<string>): Headers {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const fields = new Map<string, string[]>([...wanted].map((name) => [name, []]));
  const rooms = new Map([...wanted].map((name) => [name, longestCompared]));
  const most = Math.min(bytes.length, mostHeaderBytes);
  let start = 0;
  let open = rooms.size;
  let lines = mostHeaderLines;
  while (start < most && open > 0 && lines > 0) {
    let end = lineEnd(bytes, start);
    lines -= 1;
    for (; (bytes[end] === space || bytes[end] === tab) && lines > 0; lines -= 1) end = lineEnd(bytes, end);
    const colon = bytes.subarray(start, Math.min(end, start + longestName)).indexOf(0x3a);
    if (colon > 0) {
      const name = bytes
        .toString('latin1', start, start + colon)
        .trimEnd()
        .toLowerCase();
      const room = rooms.get(name) ?? -1;
      // Once a field is too long to be compared, nothing more is decided on it or shown of it.
      if (room >= 0) {
        const value = valueOf(bytes.subarray(start + colon + 1, end));
        const left = room - value.length - perValue;
        rooms.set(name, left);
        if (left < 0) open -= 1;
        fields.get(name)?.push(left < 0 ? tooLong(value) : value);
      }
    }
    start = end;
  }
  // What was not looked at may hold any of them.
  if (start < bytes.length)
    for (const [name, room] of rooms) if (room >= 0) fields.get(name)?.push(tooLong(''));
  return fields;
}

/** The start of a value of which nothing may be decided: its length says so. */
function tooLong(start: string): string {
  return start.padEnd(longestCompared + 1);
}

/** How many encoded words (RFC 2047) a value may have. */
function encodedWords(value: string): number {
  let count = 0;
  for (let at = value.indexOf('=?'); at !== -1; at = value.indexOf('=?', at + 2)) count += 1;
  return count;
}

/** Of a value that is far too long only the start is kept, and its length still says that it is too long. */
function valueOf(bytes: Buffer): string {
  if (bytes.length <= mostValueBytes) return unfold(text(bytes));
  return tooLong(unfold(bytes.toString('utf8', 0, keptLength)));
}

/** What a value costs beside its length, so that hundreds of thousands of empty ones end too. */
const perValue = 16;
/** A value of more octets, encoded as it may be, is not decoded. */
const mostValueBytes = longestCompared;
/** What is kept of a value that is too long. */
const keptLength = 16 * 1024;
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
  // Encoded words get shorter when they are decoded; too long it stays.
  if (value.length > longestCompared) return tooLong(decodeText(value.slice(0, keptLength)));
  let decoded = value;
  try {
    if (value.includes('=?')) decoded = decodeWords(value);
  } catch {
    // An encoded word that can't be decoded stays as it is.
  }
  return decoded.toWellFormed().replaceAll('\0', '\ufffd');
}
