import { Buffer } from 'node:buffer';

/** Longest line, in bytes, that is taken for a From_ line. */
export const longestFromLine = 1000;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const zone = String.raw`(?: +(?:([+-]\d{4})|[A-Z]{1,5}))?`;
/** `Wed Jan  5 12:00:00 2022`, with a zone before or after the year as some programs write it. */
const asctime = new RegExp(
  String.raw`^From (?:.* )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(${months.join('|')}) +(\d{1,2}) +(\d{1,2}):(\d{2})(?::(\d{2}))?${zone} +(\d{4})${zone}(?: remote from .*)?[ \t]*$`,
);

/**
 * The date of a line that separates messages in an mbox file (RFC 4155, Appendix A): `From `, a
 * sender or none, and a date as asctime writes it. Null for any other line, so that a line of text
 * that starts with "From the start" separates nothing. Without a zone the time is taken as UTC.
 * The line comes without its line end.
 */
export function fromLineDate(line: Uint8Array): Date | null {
  if (line.length > longestFromLine) return null;
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1');
  const found = asctime.exec(text);
  if (found === null) return null;
  const [, monthName = '', day, hour, minute, second, before, year, after] = found;
  const numbers = [year, day, hour, minute, second ?? '0'].map(Number);
  const [y = 0, d = 0, h = 0, m = 0, s = 0] = numbers;
  const month = months.indexOf(monthName);
  if (d < 1 || d > new Date(Date.UTC(y, month + 1, 0)).getUTCDate() || h > 23 || m > 59 || s > 60)
    return null;
  const offset = before ?? after ?? '+0000';
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5));
  const shift = offset.startsWith('-') ? -minutes : minutes;
  return new Date(Date.UTC(y, month, d, h, m, s) - shift * 60_000);
}
