import { parseDateHeader, plausible } from '../domain/dates.ts';
import { headerLength } from './header-block.ts';
import { readHeaderFields } from './header-fields.ts';
import { statusFlags, statusHeaders } from './mail-flags.ts';

/** What is known of a message in a file before its bytes. */
export interface FileContext {
  readonly kind: 'mbox' | 'maildir' | 'eml';
  /** Of the From_ line. */
  readonly envelopeDate: Date | null;
  /** When the file was last changed. */
  readonly modified: Date;
  /** Flags in the name of the file. */
  readonly flags: readonly string[];
}

/** Bytes of a header that are looked at. */
const longestHeader = 256 * 1024;
const wanted = new Set(['received', 'date', ...statusHeaders]);

/**
 * INTERNALDATE, to the second, and flags of a message that comes from a file. The date is the first
 * plausible one of: From_ line (mbox) or time of the file (Maildir); the newest Received header; the
 * Date header; the time of the file; `now`. `head` is the start of the message.
 */
export function fileFacts(
  context: FileContext,
  head: Uint8Array,
  now: Date,
): { readonly internalDate: Date; readonly flags: readonly string[] } {
  const block = head.subarray(0, longestHeader);
  const headers = readHeaderFields(block.subarray(0, headerLength(block)), wanted);
  const received = headers.get('received')?.[0];
  const dates = [
    context.envelopeDate,
    context.kind === 'maildir' ? context.modified : null,
    // RFC 5322 §3.6.7: the date follows the last semicolon.
    received === undefined ? null : parseDateHeader(received.slice(received.lastIndexOf(';') + 1).trim()),
    parseDateHeader(headers.get('date')?.[0] ?? ''),
    context.modified,
  ];
  const date = dates.find((one) => plausible(one, now) !== null) ?? now;
  return {
    internalDate: new Date(Math.floor(date.getTime() / 1000) * 1000),
    flags: context.kind === 'mbox' ? statusFlags(headers) : context.flags,
  };
}
