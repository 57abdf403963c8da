/** Mail that would like to be more than text. */
import type { SeedMessage } from '../corpus/mailbox.ts';

const day = 86_400_000;

function old(lines: readonly string[], age = 800): SeedMessage {
  return {
    folder: 'INBOX',
    raw: Buffer.from(lines.join('\r\n')),
    flags: ['\\Seen'],
    internalDate: new Date(Math.floor((Date.now() - age * day) / 1_000) * 1_000),
  };
}

const head = (subject: string): readonly string[] => [
  'From: "<b>Eve</b>" <eve@example.org>',
  'To: alice@example.com',
  `Subject: ${subject}`,
  'Date: Mon, 01 Jan 2024 10:00:00 +0000',
  'MIME-Version: 1.0',
];

/** HTML that would run, load and submit, under a subject made of markup. */
export const scripted = old([
  ...head('hostile <script>document.title="owned"</script> "\'><img src=x onerror=alert(1)>'),
  'X-Evil: </pre><script>document.title="owned"</script>',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<html><head><style>body{display:none}</style></head><body><h1>Buy now</h1>',
  '<script>document.title="owned"</script><img src="http://127.0.0.1:1/track.gif" onerror="document.title=\'owned\'">',
  '<p>Plain words &amp; more</p><iframe src="javascript:alert(1)"></iframe><a href="javascript:alert(2)">click</a>',
  '<form action="http://127.0.0.1:1/steal"><input name=password></form></body></html>',
  '',
]);

/** Control characters and direction marks, in an encoded word. */
export const controlling = old([
  ...head(
    `=?utf-8?B?${Buffer.from('control \u001b[31mred\u0007\u202Etxt.exe\u202C\r\nX: y').toString('base64')}?=`,
  ),
  'Content-Type: text/plain; charset=utf-8',
  '',
  'before \u001b]0;owned\u0007 after \u202Eevil',
  '',
]);

export const attached = old([
  ...head('with an attachment'),
  'Content-Type: multipart/mixed; boundary="cut"',
  '',
  '--cut',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'See the attached file. Grüße.',
  '--cut',
  'Content-Type: text/html; name="<i>evil</i>.html"',
  'Content-Disposition: attachment; filename="../../<i>evil</i>\\".html"',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('<script>alert(1)</script>').toString('base64'),
  '--cut--',
  '',
]);

/** Five megabytes of HTML made to be slow for whoever takes it apart carelessly. */
export const large = old([
  ...head('five megabytes'),
  'Content-Type: text/html',
  '',
  ...Array.from({ length: 5_000 }, () => '<a <!-- <b '.repeat(95)),
  '<p>the end',
  '',
]);
