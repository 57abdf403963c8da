import { parseSize } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageQuery } from '../ports/records.ts';

/** `name:value`, `name:"two words"`, `"two words"`, `word`, each with a `-` before what must not be there. */
const token = /(-)?(?:([a-z][a-z-]*):)?(?:"([^"]*)"|([^\s"]+))/giy;

const fields = ['from', 'to', 'subject', 'folder', 'id', 'since', 'before', 'larger', 'smaller'] as const;

/** What other search boxes know as words between words. */
const operators: Readonly<Record<string, string>> = {
  AND: 'a message must match all parts of a search: leave AND out, or write the word as "AND"',
  NOT: 'write -word for mail without a word, or the word as "NOT"',
};

interface Lists {
  readonly words: string[];
  readonly from: string[];
  readonly to: string[];
  readonly subject: string[];
}

/**
 * Reads a search as people type it: words, and `from: to: subject: folder: id: since: before:
 * larger: smaller:`. Dates are a day, a month or a year, sizes as in policies, in any case of letters;
 * a message must match all of it. `-` before a word or `from: to: subject:` means without, `OR` between two
 * of them means one of both.
 * @throws `usage` for an unknown field or a value that can't be read.
 */
export function parseQuery(text: string): MessageQuery {
  const lists: Lists = { words: [], from: [], to: [], subject: [] };
  const without: Lists = { words: [], from: [], to: [], subject: [] };
  const either: (readonly Partial<Lists>[])[] = [];
  let query: MessageQuery = {};
  for (const [{ negative, field, value, quoted }, ...others] of alternatives([...tokens(text)])) {
    if (field === null && !quoted && operators[value] !== undefined) throw wrong(operators[value]);
    if (others.length > 0) {
      either.push([{ negative, field, value, quoted }, ...others].map(alternative));
      continue;
    }
    switch (field) {
      case null:
      case 'from':
      case 'to':
      case 'subject':
        (negative ? without : lists)[field ?? 'words'].push(value);
        continue;
      case 'folder':
        query = { ...query, folder: value };
        break;
      case 'id':
        query = { ...query, messageId: value };
        break;
      case 'since':
      case 'before':
        query = { ...query, [field]: day(field, value) };
        break;
      case 'larger':
      case 'smaller':
        query = { ...query, [field]: size(field, value) };
        break;
      default:
        throw wrong(`unknown field "${field}:" in the search; known are ${fields.join(', ')}`);
    }
    if (negative) throw wrong(`-${field}: is not known; only words, from:, to: and subject: can have a -`);
  }
  const excluded = filled(without);
  return {
    ...query,
    ...filled(lists),
    ...(Object.keys(excluded).length > 0 ? { without: excluded } : {}),
    ...(either.length > 0 ? { either } : {}),
  };
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

function alternative({ negative, field, value, quoted }: Token): Partial<Lists> {
  if (field === null && !quoted && operators[value] !== undefined) throw wrong(operators[value]);
  const name = field ?? 'words';
  if (!negative && (name === 'words' || name === 'from' || name === 'to' || name === 'subject'))
    return { [name]: [value] };
  throw wrong(`OR joins words, from:, to: and subject: only, each without a -, not "${field ?? '-'}"`);
}

/** The lists that have something in them. */
function filled({ words, from, to, subject }: Lists): Partial<Lists> {
  return {
    ...(words.length > 0 ? { words } : {}),
    ...(from.length > 0 ? { from } : {}),
    ...(to.length > 0 ? { to } : {}),
    ...(subject.length > 0 ? { subject } : {}),
  };
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
    while (trimmed[token.lastIndex] === ' ') token.lastIndex += 1;
  }
}

function day(field: string, value: string): Date {
  const [, year, month = '01', date = '01'] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(value) ?? [];
  const made = year === undefined ? null : new Date(`${year}-${month}-${date}T00:00:00Z`);
  // 2023-02-30 would become the second of March.
  if (made !== null && !Number.isNaN(made.getTime()) && made.toISOString().slice(8, 10) === date) return made;
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
