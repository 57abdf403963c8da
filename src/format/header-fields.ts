import { Buffer } from 'node:buffer';
import { decodeWords } from 'postal-mime';
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
  return new Map([...fields].map(([name, values]) => [name, values.map(decodeText)]));
}

function rawFields(block: Uint8Array, wanted: ReadonlySet<string>): Headers {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const fields = new Map<string, string[]>([...wanted].map((name) => [name, []]));
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
      fields.get(name)?.push(unfold(text(bytes.subarray(start + colon + 1, end))));
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
    // An encoded word that can't be decoded stays as it is.
  }
  return decoded.toWellFormed().replaceAll('\0', '\ufffd');
}
