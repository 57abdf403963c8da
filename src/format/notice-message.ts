import { Buffer } from 'node:buffer';
import { isAddress, type MailAddress } from '../domain/mail-address.ts';
import { noticeHeader } from '../domain/notice-mark.ts';
import { headerName, headerText } from './header-text.ts';
import { quotedPrintable } from './quoted-printable.ts';

export interface NoticeParts {
  /** UUID: in its Message-ID and in the header field that marks it. */
  readonly id: string;
  readonly from: MailAddress;
  /** The account; used in To when it is an address. */
  readonly account: string;
  /** One line. */
  readonly subject: string;
  readonly date: Date;
  readonly text: string;
}

/**
 * A notice as a message (RFC 5322) of plain text in UTF-8, ASCII on the wire, with CRLF line ends. No
 * part of it can add a header field or end the header.
 */
export function noticeMessage({ id, from, account, subject, date, text }: NoticeParts): Uint8Array {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const fields = [
    // The name has a line of its own: with a long address both would be too long for one.
    ['From', from.name === null ? from.address : `${headerName(from.name)}\r\n <${from.address}>`],
    ['To', isAddress(account) ? account : 'undisclosed-recipients:;'],
    ['Subject', headerText(subject)],
    ['Date', mailDate(date)],
    ['Message-ID', `<mothball.${id}@${domain}>`],
    // No vacation notice may answer it (RFC 3834 §5).
    ['Auto-Submitted', 'auto-generated'],
    [headerCase(noticeHeader), id],
    ['MIME-Version', '1.0'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Transfer-Encoding', 'quoted-printable'],
  ];
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${head}\r\n${quotedPrintable(text)}`, 'ascii');
}

/** RFC 5322 §3.3, in UTC. */
function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

function headerCase(name: string): string {
  return name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
