import { addressParser } from 'postal-mime';
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
  return {
    messageId: first('message-id'),
    from: first('from'),
    to: all('to').join(', ') || null,
    subject: first('subject'),
    date: parseDateHeader(first('date') ?? '')?.toISOString() ?? null,
    headers: Object.fromEntries(
      names.filter((name) => all(name).length > 0).map((name) => [name, all(name)]),
    ),
    sender: address(first('return-path')) ?? address(first('from')),
  };
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
