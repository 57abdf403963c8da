import { plausible } from '../domain/dates.ts';
import { labelFacts } from './gmail-labels.ts';
import { headerLength } from './header-block.ts';
import { readHeaderFields } from './header-fields.ts';
import { looseDate } from './loose-date.ts';
import { isFolderData, statusFlags, statusHeaders } from './mail-flags.ts';

/** What is known of a message in a file before its bytes. */
export interface FileContext {
  readonly kind: 'mbox' | 'maildir' | 'eml' | 'emlx';
  /** Of the From_ line. */
  readonly envelopeDate: Date | null;
  /** When the file was last changed. */
  readonly modified: Date;
  /** Flags in the name of the file, and those that are stored beside the message. */
  readonly flags: readonly string[];
}

export interface FileFacts {
  readonly internalDate: Date;
  /** Nothing says when the message came: the date is that of the file, or of now. */
  readonly dateIsOfFile: boolean;
  readonly flags: readonly string[];
  /** A note of a mail program about its folder, no mail. */
  readonly folderData: boolean;
  /** What the labels of Gmail say; null: there are none. */
  readonly labels: ReturnType<typeof labelFacts> | null;
}

/** Bytes of a header that are looked at. */
const longestHeader = 256 * 1024;
const wanted = new Set([
  'received',
  'date',
  'subject',
  'x-imap',
  'x-imapbase',
  'x-gmail-labels',
  ...statusHeaders,
]);

/**
 * INTERNALDATE, to the second, and flags of a message that comes from a file. The date is the first
 * plausible one of: From_ line (mbox) or time of the file (Maildir); the newest Received header; the
 * Date header; the time of the file; `now`. `head` is the start of the message.
 */
export function fileFacts(context: FileContext, head: Uint8Array, now: Date): FileFacts {
  const block = head.subarray(0, longestHeader);
  const headers = readHeaderFields(block.subarray(0, headerLength(block)), wanted);
  const received = headers.get('received')?.[0];
  const dates = [
    context.envelopeDate,
    context.kind === 'maildir' ? context.modified : null,
    // RFC 5322 §3.6.7: the date follows the last semicolon.
    received === undefined ? null : looseDate(received.slice(received.lastIndexOf(';') + 1).trim()),
    looseDate(headers.get('date')?.[0] ?? ''),
  ];
  const known = dates.find((one) => plausible(one, now) !== null) ?? null;
  const date = known ?? plausible(context.modified, now) ?? now;
  const labels = headers.get('x-gmail-labels')?.[0];
  return {
    internalDate: new Date(Math.floor(date.getTime() / 1000) * 1000),
    dateIsOfFile: known === null,
    flags: context.kind === 'mbox' ? statusFlags(headers) : context.flags,
    folderData: context.kind === 'mbox' && isFolderData(headers),
    labels: labels === undefined ? null : labelFacts(labels),
  };
}
