import { bytes } from '../domain/brands.ts';
import { tokensOf } from '../domain/fold.ts';
import { parseSize } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageQuery } from '../ports/records.ts';

/** `name:value`, `name:"two words"`, `"two words"`, `word`, each with a `-` before what must not be there. */
const token = /(-)?(?:([a-z][a-z-]*):)?(?:"([^"]*)"|([^\s"]+))/giy;

/** Fields whose values are words. */
const textFields = ['from', 'to', 'subject', 'body', 'attachment'] as const;
const fields =
  'from, to, subject, body, attachment, has, folder, id, since, after, before, date, larger, smaller';

/** What other search boxes know as words between words. */
const operators: ReadonlyMap<string, string> = new Map([
  ['AND', 'a message must match all parts of a search: leave AND out, or write the word as "AND"'],
  ['NOT', 'write -word for mail without a word, or the word as "NOT"'],
]);
/** Words and fields of one search: a database joins no more. */
const mostParts = 200;

type TextList = (typeof textFields)[number] | 'words';
type Lists = { [name in TextList]?: string[] };

/**
 * Reads a search as people type it: words, and `from: to: subject: body: attachment: has: folder: id:
 * since: after: before: date: larger: smaller:`. Dates are a day, a month or a year, sizes as in policies,
 * in any case of letters; a message must match all of it. `-` before a word or a field of words, `has:` or
 * `folder:` means without, `OR` between two of words and fields of words means one of both.
 * `most`: words and fields; a quoted phrase counts by its words.
 * @throws `usage` for an unknown field, for too many, or a value that can't be read.
 */
export function parseQuery(text: string, most = mostParts): MessageQuery {
  const given: Lists = {};
  const without: Lists = {};
  const either: (readonly Lists[])[] = [];
  let query: MessageQuery = {};
  const parts = [...tokens(text)];
  if (parts.reduce((sum, part) => sum + wordsOf(part), 0) > most)
    throw wrong(`a search has at most ${most} words and fields`);
  for (const [first, ...others] of alternatives(parts)) {
    const list = listOf(first);
    if (others.length > 0) either.push([first, ...others].map(alternative));
    else if (list !== null) {
      const asked = first.negative ? without : given;
      asked[list] = [...(asked[list] ?? []), first.value];
    } else query = condition(query, first);
  }
  return {
    ...query,
    ...given,
    ...(Object.keys(without).length > 0 ? { without } : {}),
    ...(either.length > 0 ? { either } : {}),
  };
}

/** A phrase asks for each of its words. */
function wordsOf({ field, value }: Token): number {
  const isText = field === null || textFields.some((one) => one === field);
  return isText ? Math.max(1, tokensOf(value).length) : 1;
}

/** The list that a word goes to; null: its field is not one of words. */
function listOf({ field, value, quoted }: Token): TextList | null {
  const advice = field === null && !quoted ? operators.get(value) : undefined;
  if (advice !== undefined) throw wrong(advice);
  const alone = field === null && !quoted ? /^([a-z]+):$/i.exec(value)?.[1]?.toLowerCase() : undefined;
  if (alone !== undefined && fields.split(', ').includes(alone))
    throw wrong(`${alone}: needs its value right behind the colon, without a space`);
  if (field === null) return 'words';
  return textFields.find((one) => one === field) ?? null;
}

/** The query with one more condition: all of them must hold. */
function condition(query: MessageQuery, { negative, field, value }: Token): MessageQuery {
  if (negative && field === 'folder')
    return { ...query, notFolders: [...(query.notFolders ?? []), inbox(value)] };
  if (field === 'has') return { ...query, attached: attachments(query, value) !== negative };
  if (negative && fields.split(', ').includes(field ?? ''))
    throw wrong(
      `-${field}: is not known; only words, has: and folder:, from:, to:, subject:, body: and attachment: can have a -`,
    );
  switch (field) {
    case 'folder':
      return { ...query, folder: inbox(value) };
    case 'id':
      return { ...query, messageId: value };
    case 'since':
    case 'after':
      return { ...query, since: later(query.since, day(field, value).from) };
    case 'before':
      return { ...query, before: earlier(query.before, day(field, value).from) };
    case 'date': {
      const { from, until } = day(field, value);
      return { ...query, since: later(query.since, from), before: earlier(query.before, until) };
    }
    case 'larger':
      return { ...query, larger: bytes(Math.max(query.larger ?? 0, size(field, value))) };
    case 'smaller':
      return {
        ...query,
        smaller: bytes(Math.min(query.smaller ?? Number.MAX_SAFE_INTEGER, size(field, value))),
      };
    default:
      throw wrong(`unknown field "${field ?? ''}:" in the search; known are ${fields}`);
  }
}

/** The one name that has no case (RFC 9051 §5.1). */
function inbox(folder: string): string {
  return /^inbox$/i.test(folder) ? 'INBOX' : folder;
}

function attachments({ attached }: MessageQuery, value: string): true {
  if (!/^attachments?$/i.test(value)) throw wrong(`has: takes "attachment", not "${value}"`);
  if (attached !== undefined) throw wrong('has: can be given once');
  return true;
}

function later(one: Date | undefined, other: Date): Date {
  return one !== undefined && one > other ? one : other;
}

function earlier(one: Date | undefined, other: Date): Date {
  return one !== undefined && one < other ? one : other;
}

/** What `OR` joins, together; everything else alone. */
function alternatives(all: readonly Token[]): readonly (readonly [Token, ...Token[]])[] {
  const groups: [Token, ...Token[]][] = [];
  let joins = false;
  for (const one of all) {
    const last = groups.at(-1);
    const isOr = one.value === 'OR' && !one.quoted && one.field === null && !one.negative;
    if (isOr && (last === undefined || joins)) throw wrong(orAlone);
    if (!isOr && joins) last?.push(one);
    else if (!isOr) groups.push([one]);
    joins = isOr;
  }
  if (joins) throw wrong(orAlone);
  return groups;
}

const orAlone = 'OR needs a word before and after it; write the word as "OR"';

function alternative(one: Token): Lists {
  const list = listOf(one);
  if (!one.negative && list !== null) return { [list]: [one.value] };
  const shown = `${one.negative ? '-' : ''}${one.field === null ? '' : `${one.field}:`}`;
  throw wrong(
    `OR joins words, from:, to:, subject:, body: and attachment: only, each without a -, not "${shown}"`,
  );
}

interface Token {
  readonly negative: boolean;
  readonly field: string | null;
  readonly value: string;
  readonly quoted: boolean;
}

function* tokens(text: string): Generator<Token> {
  const trimmed = text.trim();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const found = token.exec(trimmed);
    if (found === null) throw wrong('the search has a quotation mark that is not closed or is inside a word');
    const [, minus, field, quoted, plain] = found;
    const value = quoted ?? plain ?? '';
    if (value !== '')
      yield {
        negative: minus !== undefined,
        field: field?.toLowerCase() ?? null,
        value,
        quoted: quoted !== undefined,
      };
    while (/^\s/.test(trimmed[token.lastIndex] ?? '')) token.lastIndex += 1;
  }
}

interface Days {
  readonly from: Date;
  /** The day after. */
  readonly until: Date;
}

/** A day, a month or a year. */
function day(field: string, value: string): Days {
  const [, year, month, date] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(value) ?? [];
  const from = year === undefined ? null : new Date(`${year}-${month ?? '01'}-${date ?? '01'}T00:00:00Z`);
  // 2023-02-30 would become the second of March.
  if (from !== null && !Number.isNaN(from.getTime()) && from.toISOString().slice(8, 10) === (date ?? '01')) {
    const until = new Date(from);
    if (month === undefined) until.setUTCFullYear(until.getUTCFullYear() + 1);
    else if (date === undefined) until.setUTCMonth(until.getUTCMonth() + 1);
    else until.setUTCDate(until.getUTCDate() + 1);
    return { from, until };
  }
  throw wrong(`${field}: takes a date like 2024-01-31, 2024-01 or 2024, not "${value}"`);
}

/** Units as people write them, and as policies do. */
const units = ['B', 'KB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'];

function size(field: string, value: string): ReturnType<typeof parseSize> {
  const [, digits = '', unit = ''] = /^([\d.]+)([a-z]+)$/i.exec(value) ?? [];
  const short = /^[kmgt]$/i.test(unit) ? `${unit}iB` : unit;
  const spelled = units.find((known) => known.toLowerCase() === short.toLowerCase());
  try {
    return parseSize(spelled === undefined ? value : `${digits}${spelled}`);
  } catch (error) {
    const hint = /^[\d.]+$/.test(value) ? ' with its unit and no space' : '';
    throw new MothballError(
      { fact: `${field}: takes a size like 5MB or 100KiB${hint}, not "${value}"` },
      { code: 'usage', cause: error },
    );
  }
}

function wrong(fact: string): MothballError {
  return new MothballError({ fact }, { code: 'usage' });
}
