import { Buffer } from 'node:buffer';

/** Longest line without its end (RFC 2045 §6.7 rule 5), less the `=` of a soft line break. */
const longestLine = 75;

/**
 * Text as quoted-printable UTF-8 (RFC 2045 §6.7) with CRLF line ends, the last line with one. Lines
 * never begin with a dot or `From `, which other programs may change.
 */
export function quotedPrintable(text: string): string {
  const lines = text.toWellFormed().split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${encodeLine(line)}\r\n`).join('');
}

function encodeLine(line: string): string {
  const octets = Buffer.from(line);
  let encoded = '';
  let column = 0;
  for (const [index, octet] of octets.entries()) {
    const last = index === octets.length - 1;
    const piece = isSafe(octet, column === 0, last) ? String.fromCharCode(octet) : escaped(octet);
    if (column + piece.length > longestLine) {
      encoded += '=\r\n';
      column = 0;
    }
    // Once more: at the start of a line other rules hold.
    const placed = isSafe(octet, column === 0, last) ? String.fromCharCode(octet) : escaped(octet);
    encoded += placed;
    column += placed.length;
  }
  return encoded;
}

function isSafe(octet: number, first: boolean, last: boolean): boolean {
  const character = String.fromCharCode(octet);
  if (character === ' ' || character === '\t') return !last;
  return octet > 0x20 && octet < 0x7f && character !== '=' && !(first && '.F'.includes(character));
}

function escaped(octet: number): string {
  return `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
