import { Buffer } from 'node:buffer';
import { longestFromLine, looseLineDate, readFromLine } from './from-date.ts';

/** Where a line is that may start a message. */
export type FromPlace =
  /** At the start of the file. */
  | 'first'
  /** After an empty line, or where Content-Length says that a message ends. */
  | 'apart'
  /** After a line of text. */
  | 'inside';

export interface FromStart {
  readonly date: Date | null;
  /** Offset after the line. */
  readonly next: number;
}

const lf = 0x0a;
const cr = 0x0d;
const blank: ReadonlySet<number> = new Set([0, 0x09, lf, 0x0c, cr, 0x20]);
const from = Buffer.from('From ');
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Bytes of the header behind a From_ line that are looked at. */
const lookAhead = 2048;
/** Bytes that `separatorAt` wants to see. */
export const longestSeparator = longestFromLine + 2 + lookAhead;

/** Field names that people paste into text, too. */
const written = new Set(
  'from to cc bcc subject date sent sender reply-to importance priority organization'.split(' '),
);
/** One of these is in every header of mail. */
const mailOnly = new Set('from to subject date received return-path message-id delivered-to'.split(' '));
const byMachines =
  /^(?:return-path|received|received-spf|message-id|in-reply-to|references|mime-version|content-[a-z-]+|delivered-to|delivery-date|envelope-to|status|resent-[a-z-]+|dkim-signature|domainkey-signature|authentication-results|arc-[a-z-]+|list-[a-z-]+|user-agent|thread-[a-z]+|precedence|errors-to|apparently-to|newsgroups|path|xref|lines|nntp-posting-host|auto-submitted|autocrypt|x-[!-9;-~]+)$/;

/**
 * The From_ line that starts a message at this line start; null when it starts none, `more` when that
 * can't be known yet. The header that follows decides, and the date: a line as RFC 4155 has it needs
 * an empty line before it or a header behind it. One of another form needs a header behind it, and
 * one without a date also an empty line before it, or several fields that only machines write. So
 * a line of text such as "From this it follows:" starts nothing.
 */
export function separatorAt(
  bytes: Buffer,
  at: number,
  place: FromPlace,
  final: boolean,
): FromStart | 'more' | null {
  // Most lines start with another letter.
  if (bytes[at] !== from[0] && at < bytes.length) return null;
  const there = Math.min(from.length, bytes.length - at);
  if (from.compare(bytes, at, at + there, 0, there) !== 0) return null;
  if (there < from.length) return final ? null : 'more';
  const feed = bytes.subarray(at, at + longestFromLine + 2).indexOf(lf);
  if (feed === -1 && !final) return bytes.length - at > longestFromLine + 1 ? null : 'more';
  const end = feed === -1 ? bytes.length : at + feed;
  const text = bytes.subarray(at, feed > 0 && bytes[end - 1] === cr ? end - 1 : end);
  const line = readFromLine(text);
  if (line === null) return null;
  const next = Math.min(end + 1, bytes.length);
  if (line.form === 'asctime' && place !== 'inside') return { date: line.date, next };
  const behind = bytes.subarray(next, next + lookAhead);
  if (behind.length < lookAhead && !final && !endsHeader(behind)) return 'more';
  if (!confirms(line, place, behind)) return null;
  return { date: line.date ?? looseLineDate(text), next };
}

function confirms(
  { date, form }: NonNullable<ReturnType<typeof readFromLine>>,
  place: FromPlace,
  behind: Buffer,
): boolean {
  const names = fieldNames(behind);
  const first = names[0];
  if (first === undefined) return false;
  const known = names.filter((name) => written.has(name) || byMachines.test(name)).length;
  const byMachine = byMachines.test(first) || first === '>from';
  if (place === 'first') return byMachine || known > 0;
  const several = known > 1 && (byMachine || (known > 2 && names.some((name) => byMachines.test(name))));
  const apart = place === 'apart';
  switch (form) {
    case 'asctime':
      return true;
    case 'dated':
      return apart || date !== null ? byMachine || known > 0 : several;
    case 'bare':
      return byMachine || known > (apart ? 0 : 2);
    case 'word':
      return byMachine || known > (apart ? 1 : 2);
    case 'odd':
      return apart ? known > 1 : several;
    case 'words':
      return apart && byMachine && known > 1;
  }
}

/** Bytes before the first From_ line of a file that say nothing: blank lines, NULs, byte order marks. */
export function leadLength(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    if (byteOrderMark.equals(bytes.subarray(at, at + byteOrderMark.length))) at += byteOrderMark.length;
    else if (blank.has(bytes[at] ?? -1)) at += 1;
    else return at - start;
  }
}

/** Whether a byte order mark is cut off here. */
export function isPartOfMark(bytes: Buffer): boolean {
  return bytes.length < byteOrderMark.length && byteOrderMark.indexOf(bytes) === 0;
}

/** Whether these bytes start with a header of mail, behind a byte order mark and empty lines or not. */
export function startsLikeMail(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 2 * lookAhead)).toString('latin1');
  const names = fieldNames(Buffer.from(start.replace(/^(?:\xef\xbb\xbf)?[\r\n]*/, ''), 'latin1'));
  const known = names.filter((name) => written.has(name) || byMachines.test(name)).length;
  return known > 1 && names.some((name) => mailOnly.has(name));
}

/** Whether there is an empty line: what follows it says nothing more. */
function endsHeader(behind: Buffer): boolean {
  return /(?:^|\n)\r?\n/.test(behind.toString('latin1'));
}

/** Names of the fields of the header that starts here, in lower case; a quoted From_ line may come first. */
function fieldNames(behind: Buffer): readonly string[] {
  const names: string[] = [];
  for (const line of behind.toString('latin1').split('\n')) {
    if (names.length > 0 && /^[ \t]+\S/.test(line)) continue;
    if (names.length === 0 && line.startsWith('>From ')) {
      names.push('>from');
      continue;
    }
    const name = /^([A-Za-z][!-9;-~]{0,99})[ \t]*:(?!\/\/)/.exec(line)?.[1];
    if (name === undefined) break;
    names.push(name.toLowerCase());
  }
  return names;
}
