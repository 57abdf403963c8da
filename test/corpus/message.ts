import type { Random } from './random.ts';
import { type Language, languages, people } from './vocabulary.ts';

export interface MessageWish {
  readonly sent: Date;
  /** Wanted length in octets; the message comes within some hundred octets of it. */
  readonly size: number;
  /** Address for the From header, in place of a random person. */
  readonly from?: string;
  readonly to: string;
  readonly serial: number;
}

const poolBytes = 1 << 20;
const prosePools = new Map<Language, Buffer>();
let base64Pool: Buffer | null = null;

/** A real-looking message with CRLF line ends: headers, text or HTML, often with an attachment. */
export function composeMessage(random: Random, wish: MessageWish): Buffer {
  const language = random.pick(languages);
  const headers = headersOf(random, wish, language);
  const body = wish.size > 6_000 && random.chance(0.6) ? multipart : random.chance(0.3) ? html : plain;
  return body(random, headers, language, Math.max(wish.size, 400));
}

function headersOf(random: Random, wish: MessageWish, language: Language): readonly string[] {
  const person = random.pick(people);
  const from = wish.from ?? `${encodedWord(random, person.name)} <${person.address}>`;
  const lines = [
    `Return-Path: <bounce-${wish.serial}@example.net>`,
    `Received: from mx${random.whole(1, 9)}.example.net (mx.example.net [192.0.2.${random.whole(1, 254)}])`,
    `\tby mail.example.org (Postfix) with ESMTPS id ${random.whole(1e9, 9e9).toString(36).toUpperCase()}`,
    `\tfor <${wish.to}>; ${rfc5322Date(wish.sent)}`,
    `From: ${from}`,
    `To: ${wish.to}`,
    `Subject: ${encodedWord(random, random.pick(language.subjects))}`,
    `Date: ${rfc5322Date(wish.sent)}`,
    `Message-ID: <${wish.serial}.${random.whole(1, 1e9).toString(36)}@example.net>`,
    'MIME-Version: 1.0',
  ];
  if (random.chance(0.2)) lines.push('List-Id: Weekly <weekly.letters.example>', 'Precedence: bulk');
  if (random.chance(0.3))
    lines.push(`References: <${wish.serial - 1}@example.net>`, `\t<${wish.serial - 2}@example.net>`);
  return lines;
}

function plain(random: Random, headers: readonly string[], language: Language, size: number): Buffer {
  const head = [
    ...headers,
    `Content-Type: text/plain; charset=${language.charset}; format=flowed`,
    'Content-Transfer-Encoding: 8bit',
  ];
  return joined(head, prose(random, language, size - 700));
}

function html(random: Random, headers: readonly string[], language: Language, size: number): Buffer {
  const head = [
    ...headers,
    `Content-Type: text/html; charset=${language.charset}`,
    'Content-Transfer-Encoding: 8bit',
  ];
  const open = Buffer.from('<html><body>\r\n<p>\r\n');
  const close = Buffer.from('</p>\r\n</body></html>\r\n');
  return joined(head, Buffer.concat([open, prose(random, language, size - 800), close]));
}

function multipart(random: Random, headers: readonly string[], language: Language, size: number): Buffer {
  const border = `=_${random.whole(1e8, 9e8)}_${random.whole(1e8, 9e8)}`;
  const head = [...headers, `Content-Type: multipart/mixed;`, `\tboundary="${border}"`];
  const text = prose(random, language, Math.min(random.whole(200, 2_500), size / 3));
  const name = encodedWord(random, random.pick(['report.pdf', 'Übersicht.xlsx', 'zdjęcie.jpg', '資料.docx']));
  const before = [
    'This is a multi-part message in MIME format.',
    `--${border}`,
    `Content-Type: text/plain; charset=${language.charset}`,
    'Content-Transfer-Encoding: 8bit',
    '',
    '',
  ].join('\r\n');
  const between = [
    `--${border}`,
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment',
    '',
    '',
  ].join('\r\n');
  const attachment = base64(random, size - text.length - 1_300);
  const parts = [
    Buffer.from(before),
    text,
    Buffer.from(between),
    attachment,
    Buffer.from(`--${border}--\r\n`),
  ];
  return joined(head, Buffer.concat(parts));
}

function joined(head: readonly string[], body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Whole lines of prose, about `size` octets, cut from a pool that is made once per language. */
function prose(random: Random, language: Language, size: number): Buffer {
  let pool = prosePools.get(language);
  if (pool === undefined) {
    pool = prosePool(random, language);
    prosePools.set(language, pool);
  }
  return slices(random, pool, size);
}

function prosePool(random: Random, language: Language): Buffer {
  const lines: string[] = [];
  for (let length = 0; length < poolBytes;) {
    const words = Array.from({ length: random.whole(3, 12) }, () => random.pick(language.words));
    const line = `${random.chance(0.05) ? '> ' : ''}${words.join(' ')}${random.chance(0.1) ? '.' : ''}\r\n`;
    lines.push(random.chance(0.08) ? '\r\n' : line);
    length += line.length;
  }
  return Buffer.from(lines.join(''), language.charset === 'iso-8859-1' ? 'latin1' : 'utf8');
}

/** Base64 of random octets: what an attachment looks like, and what no compressor shrinks much. */
function base64(random: Random, size: number): Buffer {
  if (base64Pool === null) {
    const octets = Buffer.alloc(poolBytes);
    for (let at = 0; at < octets.length; at += 4)
      octets.writeUInt32LE(Math.floor(random.unit() * 2 ** 32), at);
    base64Pool = Buffer.from(octets.toString('base64').replaceAll(/.{76}/g, '$&\r\n') + '\r\n', 'latin1');
  }
  return slices(random, base64Pool, size);
}

/** About `size` octets of whole lines of the pool, from random places. */
function slices(random: Random, pool: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let left = Math.max(size, 80); left > 0;) {
    const start = pool.indexOf('\n', random.whole(0, pool.length - 4_096)) + 1;
    const end = pool.lastIndexOf('\n', Math.min(start + left, pool.length)) + 1;
    if (end <= start) break;
    parts.push(pool.subarray(start, end));
    left -= end - start;
  }
  return Buffer.concat(parts.length === 0 ? [Buffer.from('short\r\n')] : parts);
}

/** RFC 2047, in either encoding, for text that needs it. */
function encodedWord(random: Random, text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  if (random.chance(0.5)) return `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  const quoted = [...Buffer.from(text)].map(
    (octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `=?UTF-8?Q?${quoted.join('')}?=`;
}

export function rfc5322Date(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}
