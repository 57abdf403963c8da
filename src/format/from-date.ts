import { Buffer } from 'node:buffer';
import { looseDate } from './loose-date.ts';

/** Longest line, in bytes, that is taken for a From_ line: some programs write all of the sender's header into it. */
export const longestFromLine = 8192;
/** Characters at the end of the line that hold its date. */
const longestDate = 300;

/** What a line that starts with `From ` says of itself. */
export interface FromLine {
  /** Null: it has none, or one that can't be read. */
  readonly date: Date | null;
  /**
   * `asctime`: the date as RFC 4155 has it; `dated`: something and a date of another form; `bare`: nothing,
   * `-` or an address after `From `; `word`: a single word; `odd`: an address or a year somewhere; `words`: anything else, as text has it.
   */
  readonly form: 'asctime' | 'dated' | 'bare' | 'word' | 'odd' | 'words';
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const month = `(?<month>${months.map((name) => name[0]?.toUpperCase() + name.slice(1)).join('|')})`;
const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const anyWeekday = `(?:${weekday}[a-z]*[.,]? +)?`;
const day = String.raw`(?<day>\d{1,2})`;
const time = String.raw`(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2})(?:[.,]\d{1,9})?)?(?: ?(?<half>[AP]M))?`;
/** Any number of zones: `+0200`, `GMT-0700`, names of any length, comments. */
const zones = String.raw`(?: ?Z|(?: +(?:(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|[A-Z][A-Z0-9]*|[A-Z][a-z]+/[A-Za-z_/]+|\([^()]*\)))*| ?[+-]\d{2}:?\d{2})`;
const start = '^From (?<who>.* )?';
const end = String.raw`(?: remote from .*)?[ \t]*$`;

const asctime = new RegExp(
  String.raw`${start}${weekday},? +${month} +${day} +${time}(?<before>${zones}) +(?<year>\d{4})(?<after>${zones})${end}`,
);
/** Forms that programs write in place of asctime's. */
const others = [
  // asctime without the day of the week; the date of JavaScript: the year before the time.
  String.raw`${anyWeekday}${month}[a-z]*\.? +${day},? +${time}(?<before>${zones}),? +(?<year>\d{4})(?<after>${zones})`,
  String.raw`${anyWeekday}${month}[a-z]*\.? +${day}(?:st|nd|rd|th)?,? +(?<year>\d{4}),? +${time}(?<after>${zones})`,
  String.raw`${anyWeekday}${day}[ -]+${month}[a-z]*\.?[ ,-]+(?<year>\d{4}|\d{2}),? +${time}(?<after>${zones})`,
  String.raw`${anyWeekday}(?<year>\d{4})[-/.](?<number>\d{1,2})[-/.]${day}(?:T|,? +)${time}(?<after>${zones})`,
].map((form) => new RegExp(`${start}${form}${end}`));
/** Day and month in an order that nobody knows. */
const unclear = new RegExp(
  String.raw`${start}${anyWeekday}\d{1,2}(?<mark>[/.-])\d{1,2}\k<mark>\d{2,4},? +${time}${zones}${end}`,
);

/**
 * Reads a line of an mbox file that starts with `From ` (RFC 4155, Appendix A, and what programs write
 * in its place); null for any other line. It comes without its line end. Without a numeric zone the
 * time is taken as UTC.
 */
export function readFromLine(line: Uint8Array): FromLine | null {
  if (line.length > longestFromLine) return null;
  const whole = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1');
  if (!whole.startsWith('From ')) return null;
  const text = whole.length <= longestDate ? whole : `From ${whole.slice(-longestDate)}`;
  const plain = asctime.exec(text);
  if (plain !== null) {
    const date = dateOf(plain.groups);
    return { date, form: date === null ? 'dated' : 'asctime' };
  }
  for (const form of others) {
    const found = form.exec(text);
    // "From 5 Jan 2015 10:00" may be a line of text.
    if (found !== null)
      return { date: dateOf(found.groups), form: found.groups?.['who'] === undefined ? 'odd' : 'dated' };
  }
  if (unclear.test(text)) return { date: null, form: 'dated' };
  const word = /^From +(?:- *)?(?<word>\S*)[ \t]*$/.exec(text)?.groups?.['word'];
  // "From ada@example.com," is text.
  if (word !== undefined && !/[,;:.!?]$/.test(word))
    return { date: null, form: word === '' || /\S@\S/.test(word) ? 'bare' : 'word' };
  return { date: null, form: /\S@\S|\b(?:19|20)\d{2}\b/.test(whole) ? 'odd' : 'words' };
}

/** The date of a line that surely starts a message, in any form that can be read in one way only. */
export function looseLineDate(line: Uint8Array): Date | null {
  return looseDate(Buffer.from(line.subarray('From '.length).subarray(-longestDate)).toString('latin1'));
}

/** The date of a From_ line; null for any other line, and for one without a date. */
export function fromLineDate(line: Uint8Array): Date | null {
  return readFromLine(line)?.date ?? null;
}

/** Null: there is no such day or time. */
function dateOf(groups: Readonly<Record<string, string | undefined>> = {}): Date | null {
  const number = (name: string): number => Number(groups[name] ?? '0');
  const written = number('year');
  // RFC 5322 §4.3.
  const year = (groups['year']?.length ?? 4) > 2 ? written : written + (written < 50 ? 2000 : 1900);
  const index =
    groups['month'] === undefined ? number('number') - 1 : months.indexOf(groups['month'].toLowerCase());
  const half = groups['half'];
  const hour = half === undefined ? number('hour') : (number('hour') % 12) + (half === 'PM' ? 12 : 0);
  const valid =
    index >= 0 &&
    index < 12 &&
    number('day') >= 1 &&
    number('day') <= new Date(Date.UTC(year, index + 1, 0)).getUTCDate() &&
    hour < 24 &&
    number('minute') < 60 &&
    number('second') <= 60 &&
    (half === undefined || (number('hour') >= 1 && number('hour') <= 12));
  if (!valid) return null;
  const zone = /(?<sign>[+-])(?<hours>\d{1,2}?)(?::?(?<minutes>\d{2}))?(?!\d)/.exec(
    (groups['before'] ?? '') + (groups['after'] ?? ''),
  )?.groups;
  const shift = Number(zone?.['hours'] ?? 0) * 60 + Number(zone?.['minutes'] ?? 0);
  const utc = Date.UTC(year, index, number('day'), hour, number('minute'), number('second'));
  return new Date(utc - (zone?.['sign'] === '-' ? -shift : shift) * 60_000);
}
