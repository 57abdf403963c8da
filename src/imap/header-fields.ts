import { decodeWords } from 'postal-mime';
import type { Headers } from '../domain/message.ts';

/**
 * Reads header fields (RFC 5322 §2.2): names in lower case, values unfolded, trimmed and decoded
 * (RFC 2047). Raw 8-bit octets are UTF-8 (RFC 6532), or Latin-1 where they are not. Reading stops
 * at the empty line that ends the header.
 */
export function readHeaderFields(block: Buffer): Headers {
  const fields = new Map<string, string[]>();
  let name: string | null = null;
  let value = '';
  const close = (): void => {
    if (name === null) return;
    const values = fields.get(name) ?? [];
    values.push(decodeValue(value));
    fields.set(name, values);
    name = null;
  };
  for (const line of decodeOctets(block).split(/\r?\n/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      value += line;
      continue;
    }
    close();
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    name = line.slice(0, colon).trimEnd().toLowerCase();
    value = line.slice(colon + 1);
  }
  close();
  return fields;
}

function decodeOctets(block: Buffer): string {
  const text = block.toString('utf8');
  return text.includes('\ufffd') ? block.toString('latin1') : text;
}

function decodeValue(value: string): string {
  const text = value.replaceAll('\0', '').trim();
  return text.includes('=?') ? decodeWords(text) : text;
}
