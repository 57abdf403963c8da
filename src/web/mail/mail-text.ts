import PostalMime, { type Email } from 'postal-mime';
import { mostHeadersShown, shownText } from '../../domain/bounds.ts';

/** How much of a message is read for its text, in bytes. The download has all of it. */
export const mostBytes = 16 * 1024 * 1024;
/** UTF-16 units of text that a page shows, and of HTML that is turned into text. */
const mostText = 200_000;
const mostHtml = 2_000_000;
const mostHeaders = 300;
const longestHeader = 4_000;
const mostAttachments = 200;
/** Length of the name of a header or an attachment. */
const longestName = 300;

/** What the thread gets. */
export interface TextRequest {
  readonly message: Uint8Array;
  readonly whole: boolean;
}

export interface MailText {
  /** All headers in their order, unfolded, otherwise as they are. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  /** Where the text is from. `raw`: the message could not be parsed. */
  readonly from: 'text' | 'html' | 'raw' | 'nothing';
  /** The text, the headers or the attachments are incomplete. */
  readonly cut: boolean;
  readonly attachments: readonly {
    readonly name: string | null;
    readonly type: string;
    readonly bytes: number;
  }[];
}

/**
 * A message as text that may be shown. HTML is turned into text, and nothing in it is loaded or run.
 * `whole` false: `message` is only the beginning.
 */
export async function mailText(message: Uint8Array, whole: boolean): Promise<MailText> {
  try {
    const email = await PostalMime.parse(message, { maxNestingDepth: 50, maxRfc822NestingDepth: 3 });
    const body = await bodyOf(email);
    const headers = shownHeaders(email.headers);
    return {
      headers,
      text: body.text.slice(0, mostText),
      from: body.from,
      cut:
        !whole ||
        body.cut ||
        body.text.length > mostText ||
        headers.length < email.headers.length ||
        email.attachments.length > mostAttachments,
      attachments: email.attachments.slice(0, mostAttachments).map(({ filename, mimeType, content }) => ({
        name: filename === null ? null : shownText(filename, longestName),
        type: shownText(mimeType, longestName),
        bytes: typeof content === 'string' ? content.length : content.byteLength,
      })),
    };
  } catch {
    return rawText(message);
  }
}

/** The headers that are shown, up to the limits of their number and length. The last may be cut. */
function shownHeaders(headers: Email['headers']): MailText['headers'] {
  const shown: [name: string, value: string][] = [];
  let room = mostHeadersShown;
  for (const { originalKey, value } of headers.slice(0, mostHeaders)) {
    const name = shownText(originalKey, longestName);
    room -= name.length;
    if (room <= 0) break;
    const part = shownText(value, Math.min(longestHeader, room));
    shown.push([name, part]);
    room -= part.length;
  }
  return shown;
}

/** The beginning of the raw message: if it can't be parsed, a person can still read it. */
export function rawText(message: Uint8Array): MailText {
  const text = Buffer.from(message.subarray(0, mostText)).toString('utf8');
  return { headers: [], text, from: 'raw', cut: message.length > mostText, attachments: [] };
}

async function bodyOf({
  text,
  html,
}: Email): Promise<{ readonly text: string; readonly from: MailText['from']; readonly cut: boolean }> {
  if (text !== undefined && text.trim() !== '') return { text, from: 'text', cut: false };
  if (html === undefined || html.trim() === '') return { text: '', from: 'nothing', cut: false };
  return {
    text: await htmlText(html.slice(0, mostHtml)),
    from: 'html',
    cut: html.length > mostHtml,
  };
}

/**
 * HTML as text. postal-mime turns an HTML part into text where another part of the message is
 * text, so it is given such a message; the first line is that other part.
 */
async function htmlText(html: string): Promise<string> {
  const body = Buffer.from(withoutStyle(html)).toString('base64');
  const email = await PostalMime.parse(
    [
      'Content-Type: multipart/mixed; boundary=part',
      '',
      '--part',
      'Content-Type: text/plain',
      '',
      '-',
      '--part',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      body.replaceAll(/.{76}/g, '$&\r\n'),
      '--part--',
      '',
    ].join('\r\n'),
  );
  const text = email.text ?? '';
  return text.slice(text.indexOf('\n') + 1).trim();
}

/** Removes style sheets, which are not text. Takes linear time for any input. */
function withoutStyle(html: string): string {
  const lower = html.toLowerCase();
  // Some letters have another length in lower case, so positions would not match.
  if (lower.length !== html.length) return html;
  const parts: string[] = [];
  let from = 0;
  while (from < html.length) {
    const start = lower.indexOf('<style', from);
    const end = start === -1 ? -1 : lower.indexOf('</style', start);
    if (end === -1) break;
    parts.push(html.slice(from, start));
    from = end;
  }
  return [...parts, html.slice(from)].join('');
}
