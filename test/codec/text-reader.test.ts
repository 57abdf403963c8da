import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { TextReader } from '../../src/codec/text-reader.ts';
import { htmlWords } from '../../src/format/html-words.ts';

const mail = (...lines: readonly string[]): Uint8Array => Buffer.from([...lines, ''].join('\r\n'));

const report = mail(
  'From: a@b.example',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain; charset=iso-8859-2',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Za=BF=F3=B3=E6 g=EA=B6l=B1, umowa nr 7.',
  '--x',
  "Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.PDF",
  'Content-Type: application/pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'bm90aGluZyBvZiB0aGlzIGlzIGluZGV4ZWQ=',
  '--x--',
);
const nothing = { body: '', attachments: '', attached: 0 };

test('the words of the text and the names of attachments are read, without case and accents', async (t) => {
  const codec = threadedCodec();
  t.after(() => codec.close());
  assert.deepEqual(await codec.text(report), {
    body: 'zazolc gesla umowa nr 7',
    attachments: 'rechnung marz pdf',
    attached: 1,
  });
  const html = mail(
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>Ol&aacute; <b>mun</b>do</p><script>no</script>',
  );
  assert.deepEqual(await codec.text(html), { ...nothing, body: 'ola mundo' });
  // The bytes of the caller stay its own.
  assert.equal(report.length > 0, true);
});

test('what is no mail, or is far too much of it, costs no more than its words', async (t) => {
  const codec = threadedCodec();
  t.after(() => codec.close());
  for (const data of [
    new Uint8Array(),
    Buffer.alloc(100_000, 0xff),
    mail('Content-Type: multipart/mixed', ''),
  ])
    assert.equal((await codec.text(data)).attached, 0);
  const long = await codec.text(mail('Subject: x', '', 'word '.repeat(400_000), 'end'));
  assert.equal(long.body.split(' ').length, 16_000);
  const deep = Array.from({ length: 3000 }, (_, n) => [
    `Content-Type: multipart/mixed; boundary=b${n}`,
    '',
    `--b${n}`,
  ]);
  assert.equal(typeof (await codec.text(mail(...deep.flat()))).body, 'string');
});

test('a message that takes too long has no words, and the next one is read', async () => {
  const calls: number[] = [];
  let closed = 0;
  const link = {
    async call(message: ArrayBuffer) {
      calls.push(message.byteLength);
      if (message.byteLength === 1) await new Promise((resolve) => setTimeout(resolve, 5000).unref());
      if (message.byteLength === 2) throw new Error('the thread died');
      return { ...nothing, body: 'read' };
    },
    async close() {
      closed += 1;
    },
  };
  const reader = new TextReader(20, link);
  const texts = await Promise.all([1, 2, 3].map((length) => reader.read(Buffer.alloc(length))));
  assert.deepEqual(
    texts.map(({ body }) => body),
    ['', '', 'read'],
  );
  assert.deepEqual([calls, closed], [[1, 2, 3], 2]);
});

test('HTML is words without what is not shown, in time that grows with its length only', () => {
  for (const [html, words] of [
    ['<style>p{}</style><P>one</P>two<br>three', 'one two three'],
    ['<!-- <b>no</b> -->a &lt; b &amp; &#99;&#x64; &euro; &nope', 'a < b & cd'],
    ['in<b>lin</b>e 3 < 4', 'inline 3 < 4'],
    ['<script>if (a < b) {}</script>x<script>open', 'x open'],
  ] as const)
    assert.equal(htmlWords(html).replace(/\s+/g, ' ').trim(), words);
  for (const part of ['<', '<a ', '<style>', '<!--', '&', '&#', '</', '<style></styl']) {
    const begun = process.hrtime.bigint();
    htmlWords(part.repeat(200_000));
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
    assert.ok(seconds < 5, `${part}: ${seconds} s`);
  }
});
