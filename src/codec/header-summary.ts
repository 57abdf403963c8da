import { addressParser } from 'postal-mime';
import { cutText, longestField, longestHeader, mostValues } from '../domain/bounds.ts';
import { parseDateHeader } from '../domain/dates.ts';
import { readHeaderFields } from '../format/header-fields.ts';

/** What a manifest line records of a message's header. Text is well-formed Unicode without NUL. */
export interface HeaderSummary {
  readonly messageId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly subject: string | null;
  /** ISO 8601 in UTC; null when missing or unreadable. */
  readonly date: string | null;
  /** Each name asked for that occurs, lower case → values, unfolded and decoded (RFC 2047). */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Names in `headers` whose values are not all of what the message has. */
  readonly cut: readonly string[];
  /** A bare address for the From_ line: of Return-Path, else of From. */
  readonly sender: string | null;
}

const always = ['message-id', 'from', 'to', 'subject', 'date', 'return-path'];

/**
 * Reads a header block. Only the fields asked for are decoded, so that 20,000 messages don't cost
 * seconds. Never throws, whatever the bytes.
 */
export function summarizeHeader(block: Uint8Array, names: readonly string[]): HeaderSummary {
  const fields = readHeaderFields(block, new Set([...always, ...names]));
  const all = (name: string): readonly string[] => fields.get(name) ?? [];
  const first = (name: string): string | null => all(name)[0] ?? null;
  const field = (name: string): string | null => short(first(name));
  const recorded = names.filter((name) => all(name).length > 0).map((name) => [name, all(name)] as const);
  return {
    messageId: field('message-id'),
    from: field('from'),
    to: short(joined(all('to'))),
    subject: field('subject'),
    date: parseDateHeader(field('date') ?? '')?.toISOString() ?? null,
    headers: Object.fromEntries(recorded.map(([name, values]) => [name, bounded(values)])),
    cut: recorded.filter(([, values]) => isCut(values)).map(([name]) => name),
    sender: address(first('return-path')) ?? address(first('from')),
  };
}

function short(text: string | null): string | null {
  // What could not be looked at is blank.
  return text === null ? null : cutText(text, longestField).trim() || null;
}

/** The values in one text; not much more of it than is recorded. */
function joined(values: readonly string[]): string | null {
  let text = '';
  for (const value of values) {
    if (text.length > longestField) break;
    text += text === '' ? value : `, ${value}`;
  }
  return text || null;
}

/** As much of the values as a manifest line records. */
function bounded(values: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let room = longestHeader;
  for (const value of values) {
    if (kept.length === mostValues || room === 0) break;
    const part = cutText(value, Math.min(longestField, room));
    kept.push(part);
    room -= part.length;
  }
  return kept;
}

function isCut(values: readonly string[]): boolean {
  const kept = bounded(values);
  return kept.length < values.length || kept.some((value, index) => value !== values[index]);
}

/** Longest value that is taken for an address, in UTF-16 units. */
const longestAddress = 1000;

/** The first bare address of an address field; null when it is not plain ASCII. */
function address(value: string | null): string | null {
  if (value === null || value.length > longestAddress) return null;
  const bare = /^<([^<>]*)>$/.exec(value)?.[1] ?? firstAddress(value);
  return /^[!-~]+@[!-~]+$/.test(bare) ? bare : null;
}

function firstAddress(value: string): string {
  try {
    return addressParser(value, { flatten: true })[0]?.address ?? '';
  } catch {
    return '';
  }
}
