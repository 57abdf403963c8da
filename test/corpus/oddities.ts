export interface Oddity {
  readonly name: string;
  readonly raw: Buffer;
}

const head = 'From: Odd Ball <odd@example.org>\r\nTo: alice@example.com\r\nSubject: ';

function odd(name: string, body: string): Oddity {
  return {
    name,
    raw: Buffer.from(`${head}${name}\r\nMessage-ID: <${name}@odd.example>\r\n\r\n${body}`, 'latin1'),
  };
}

function bare(name: string, raw: string): Oddity {
  return { name, raw: Buffer.from(raw, 'latin1') };
}

const everyOctet = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1))
  .filter((char) => char !== '\n' && char !== '\r')
  .join('');

/**
 * Messages that real servers hold and careless archivers break. Dovecot takes each by APPEND; it
 * rewrites bare LF and NUL, so exactness is judged on what IMAP delivers afterwards.
 */
export const oddities: readonly Oddity[] = [
  odd('no-final-newline', 'the last line has no end'),
  odd('ends-in-cr', 'the last octet is a CR\r'),
  odd('ends-in-two-newlines', 'two empty lines follow\r\n\r\n\r\n'),
  odd('bare-cr', 'a\rb\rc\r\n\rd\r\n'),
  odd('cr-cr-lf', 'doubled\r\r\nend\r\r\r\n'),
  odd('bare-lf', 'one\ntwo\r\nthree\n'),
  odd('nul', 'before\0after\r\n'),
  odd('empty-body', ''),
  bare('headers-without-empty-line', `${head}headers only\r\n`),
  bare('headers-cut-short', `${head}cut sho`),
  bare('no-header', '\r\nno header at all, only a body\r\n'),
  bare('no-header-no-colon', 'just a line of text\r\nand another\r\n'),
  bare('one-octet', 'x'),
  bare('one-newline', '\r\n'),
  bare('only-newlines', '\r\n\r\n\r\n\r\n'),
  bare('only-from', 'From '),
  bare(
    'first-line-from',
    `From odd@example.org Thu Jan  1 00:00:00 1970\r\n${head}first line From\r\n\r\nbody\r\n`,
  ),
  bare(
    'first-line-quoted-from',
    `>From odd@example.org Thu Jan  1 00:00:00 1970\r\n${head}quoted\r\n\r\nbody\r\n`,
  ),
  bare('header-only-lf-from', '\r\nFrom \r\nFrom\r\n'),
  odd(
    'from-lines',
    'From here\r\n>From there\r\n>>From afar\r\n>>>>>>>>From x\r\n> From no\r\nFrom\tno\r\nFromage\r\n',
  ),
  odd('from-after-bare-cr', 'x\rFrom here\r\n\r>From there\r\n'),
  odd('from-after-line-separator', 'x\xe2\x80\xa8From here\r\n\xe2\x80\xa9>From there\r\n\x85From\r\n'),
  odd('from-at-the-end', 'text\r\nFrom '),
  odd('quoted-from-at-the-end', 'text\r\n>From '),
  odd('from-without-space-at-the-end', 'text\r\nFrom'),
  odd('every-octet', `${everyOctet}\r\n`),
  odd('dots', '.\r\n..\r\n.hidden\r\n'),
  odd('imap-syntax', ')\r\na1 OK done\r\n* 1 EXPUNGE\r\n{5}\r\n'),
  odd('bad-utf-8', 'caf\xe9 \xc3\x28 \xff\xfe\r\n'),
  bare(
    '8-bit-headers',
    'From: J\xfcrgen <j@example.org>\r\nSubject: Gr\xfc\xdfe \xe2\x82\xac\r\n\r\nbody\r\n',
  ),
  bare('bad-date', `${head}bad date\r\nDate: the day after\r\n\r\nbody\r\n`),
  bare('no-date-no-id', `${head}no date\r\n\r\nbody\r\n`),
  bare('long-header', `${head}${'long '.repeat(20_000)}\r\n\r\nbody\r\n`),
  bare('many-headers', `${head}many\r\n${'X-Trace: again\r\n'.repeat(3_000)}\r\nbody\r\n`),
  bare(
    'broken-mime',
    `${head}broken\r\nContent-Type: multipart/mixed; boundary="nowhere\r\n\r\n--nowhere\r\n`,
  ),
  bare('controls-in-subject', `${head}\x1b[31mred\x07\x08\r\n\r\nbody\r\n`),
  odd('line-of-64-kib', `${'y'.repeat(65_536)}\r\n`),
  odd('line-of-10-mb', `${'z'.repeat(10_000_000)}\r\n`),
  odd('twin', 'the same octets twice in one folder\r\n'),
  odd('twin', 'the same octets twice in one folder\r\n'),
];
