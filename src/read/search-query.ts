import { parseSize } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageQuery, TextCondition } from '../ports/records.ts';

/** `name:value`, `name:"two words"`, `"two words"`, `word`, each with a minus sign in front. */
const token = /(-(?=[\p{L}\p{N}"]))?(?:([a-z-]+):)?(?:"([^"]*)"|([^\s"]+))/giuy;

const textFields = ['from', 'to', 'subject'] as const;
const fields = [...textFields, 'folder', 'id', 'since', 'before', 'date', 'larger', 'smaller'] as const;

/**
 * Reads a search as people type it: words, and `from: to: subject: folder: id: since: before: date:
 * larger: smaller:`. Dates are `2024-01-31`, `2024-01` or `2024`, sizes as in policies. A message must match
 * all of it; `OR` between two conditions on words joins these two, and `-` in front excludes.
 * @throws `usage` for an unknown field or a value that can't be read.
 */
export function parseQuery(text: string): MessageQuery {
  const lists: Record<'words' | 'from' | 'to' | 'subject', string[]> = {
    words: [],
    from: [],
    to: [],
    subject: [],
  };
  const alternatives: (readonly TextCondition[])[] = [];
  const not: TextCondition[] = [];
  let query: MessageQuery = {};
  for (const group of groupsOf([...tokens(text)])) {
    const [first, ...more] = group;
    if (first === undefined) continue;
    if (more.length > 0) {
      alternatives.push(group.map(alternativeOf));
      continue;
    }
    const condition = conditionOf(first);
    if (condition === null) query = { ...query, ...factOf(first) };
    else if (first.not) not.push(condition);
    else lists[condition.field ?? 'words'].push(condition.text);
  }
  const given = Object.entries(lists).filter(([, list]) => list.length > 0);
  return {
    ...query,
    ...Object.fromEntries(given),
    ...(alternatives.length > 0 ? { alternatives } : {}),
    ...(not.length > 0 ? { not } : {}),
  };
}

interface Token {
  /** In small letters; null: just words. */
  readonly field: string | null;
  readonly value: string;
  readonly not: boolean;
  readonly isOr: boolean;
}

function* tokens(text: string): Generator<Token> {
  const trimmed = text.trim();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const found = token.exec(trimmed);
    if (found === null) throw wrong('the search has a quotation mark that is not closed or is inside a word');
    const [all, minus, field, quoted, plain] = found;
    const value = quoted ?? plain ?? '';
    if (value !== '')
      yield { field: field?.toLowerCase() ?? null, value, not: minus !== undefined, isOr: all === 'OR' };
    while (trimmed[token.lastIndex] === ' ') token.lastIndex += 1;
  }
}

/** What `OR` joins is one group. */
function groupsOf(all: readonly Token[]): readonly (readonly Token[])[] {
  const groups: Token[][] = [];
  let joins = false;
  for (const one of all) {
    const last = groups.at(-1);
    if (one.isOr) {
      if (last === undefined || joins) throw wrong('OR in the search needs a word before and after it');
      joins = true;
    } else if (joins && last !== undefined) {
      last.push(one);
      joins = false;
    } else groups.push([one]);
  }
  if (joins) throw wrong('OR in the search needs a word before and after it');
  return groups;
}

/** Null: it is no condition on words. */
function conditionOf({ field, value }: Token): TextCondition | null {
  if (field === null) return { field, text: value };
  const known = textFields.find((name) => name === field);
  return known === undefined ? null : { field: known, text: value };
}

function alternativeOf(one: Token): TextCondition {
  const condition = conditionOf(one);
  if (condition !== null && !one.not) return condition;
  throw wrong(`OR joins words, from:, to: and subject:, without a minus sign, not "${one.field ?? '-'}"`);
}

function factOf({ field, value, not }: Token): MessageQuery {
  if (not) throw wrong(`a minus sign goes before words, from:, to: and subject:, not before "${field}:"`);
  switch (field) {
    case 'folder':
      return { folder: value };
    case 'id':
      return { messageId: value };
    case 'since':
      return { since: span(field, value).from };
    case 'before':
      return { before: span(field, value).from };
    case 'date':
      return { since: span(field, value).from, before: span(field, value).until };
    case 'larger':
    case 'smaller':
      return { [field]: size(field, value) };
    default:
      throw wrong(`unknown field "${field}:" in the search; known are ${fields.join(', ')}`);
  }
}

/** A day, a month or a year, in UTC. */
function span(field: string, value: string): { readonly from: Date; readonly until: Date } {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(value) ?? [];
  const from = new Date(`${year}-${month ?? '01'}-${day ?? '01'}T00:00:00Z`);
  const exists = !Number.isNaN(from.getTime()) && from.toISOString().startsWith(value);
  if (year === undefined || !exists)
    throw wrong(`${field}: takes a date like 2024-01-31, 2024-01 or 2024, not "${value}"`);
  const until = new Date(from);
  if (day !== undefined) until.setUTCDate(until.getUTCDate() + 1);
  else if (month !== undefined) until.setUTCMonth(until.getUTCMonth() + 1);
  else until.setUTCFullYear(until.getUTCFullYear() + 1);
  return { from, until };
}

function size(field: string, value: string): ReturnType<typeof parseSize> {
  try {
    return parseSize(value);
  } catch (error) {
    throw new MothballError(
      { fact: `${field}: takes a size like 1MiB, not "${value}"` },
      { code: 'usage', cause: error },
    );
  }
}

function wrong(fact: string): MothballError {
  return new MothballError({ fact }, { code: 'usage' });
}
