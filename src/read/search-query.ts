import { parseSize } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageQuery } from '../ports/records.ts';

/** `name:value`, `name:"two words"`, `"two words"`, `word`. */
const token = /(?:([a-z-]+):)?(?:"([^"]*)"|([^\s"]+))/giy;

const fields = ['from', 'to', 'subject', 'folder', 'id', 'since', 'before', 'larger', 'smaller'] as const;

/**
 * Reads a search as people type it: words, and `from: to: subject: folder: id: since: before:
 * larger: smaller:`. Dates are `2024-01-31`, sizes as in policies; a message must match all of it.
 * @throws `usage` for an unknown field or a value that can't be read.
 */
export function parseQuery(text: string): MessageQuery {
  const words: string[] = [];
  const lists: Record<'from' | 'to' | 'subject', string[]> = { from: [], to: [], subject: [] };
  let query: MessageQuery = {};
  for (const { field, value } of tokens(text)) {
    switch (field) {
      case null:
        words.push(value);
        break;
      case 'from':
      case 'to':
      case 'subject':
        lists[field].push(value);
        break;
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
  }
  return {
    ...query,
    ...(words.length > 0 ? { words } : {}),
    ...(lists.from.length > 0 ? { from: lists.from } : {}),
    ...(lists.to.length > 0 ? { to: lists.to } : {}),
    ...(lists.subject.length > 0 ? { subject: lists.subject } : {}),
  };
}

function* tokens(text: string): Generator<{ readonly field: string | null; readonly value: string }> {
  const trimmed = text.trim();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const found = token.exec(trimmed);
    if (found === null) throw wrong('the search has a quotation mark that is not closed or is inside a word');
    const [, field, quoted, plain] = found;
    const value = quoted ?? plain ?? '';
    if (value !== '') yield { field: field?.toLowerCase() ?? null, value };
    while (trimmed[token.lastIndex] === ' ') token.lastIndex += 1;
  }
}

function day(field: string, value: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  throw wrong(`${field}: takes a date like 2024-01-31, not "${value}"`);
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
