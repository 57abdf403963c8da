import assert from 'node:assert/strict';
import test from 'node:test';
import { mailText } from '../../src/web/mail/mail-text.ts';
import { readText } from '../../src/web/mail/read-text.ts';
import { attached, controlling, large, scripted } from '../e2e/hostile.ts';

const message = (...parts: readonly string[]): Buffer => Buffer.from(parts.join('\r\n'));

test('plain text is shown as it stands', async () => {
  const raw = message(
    'Subject: x',
    'Content-Type: text/plain; charset=iso-8859-1',
    '',
    'Gr\u00fc\u00dfe',
    '',
  );
  const text = await mailText(Buffer.from(raw.toString('utf8'), 'latin1'), true);
  assert.deepEqual([text.text.trim(), text.from, text.cut], ['Grüße', 'text', false]);
});

test('of text and HTML the text is taken', async () => {
  const raw = message(
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'as text',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>as html',
    '--b--',
  );
  const { text, from } = await mailText(raw, true);
  assert.equal(from, 'text');
  assert.match(text, /as text/);
  assert.doesNotMatch(text, /as html/);
});

test('HTML alone becomes its words, without scripts, styles and tags', async () => {
  const { text, from } = await mailText(scripted.raw, true);
  assert.equal(from, 'html');
  assert.match(text, /Buy now\s+Plain words & more/);
  assert.doesNotMatch(text, /<|display|owned|track\.gif|steal/);
});

test('style sheets go, closed or not, wherever they stand', async () => {
  for (const [html, words] of [
    ['a<style>p{}</style>b', 'a b'],
    ['a<STYLE type="x">p{}</STYLE>b<style>q{}</style>c', 'a b c'],
    ['a<style>p{}', 'a p{}'],
    ['\u0130<style>p{}</style>b', '\u0130 p{} b'],
  ] as const) {
    const { text } = await mailText(message('Content-Type: text/html; charset=utf-8', '', html), true);
    assert.equal(text, words);
  }
});

test('attachments are named and not opened', async () => {
  const { text, attachments } = await mailText(attached.raw, true);
  assert.match(text, /See the attached file\. Grüße\./);
  assert.doesNotMatch(text, /alert/);
  assert.equal(attachments.length, 1);
  assert.deepEqual([attachments[0]?.type, attachments[0]?.bytes], ['text/html', 25]);
});

test('headers are all there, in their order', async () => {
  const { headers } = await mailText(controlling.raw, true);
  assert.deepEqual(
    headers.map(([name]) => name),
    ['From', 'To', 'Subject', 'Date', 'MIME-Version', 'Content-Type'],
  );
});

test('what can not be taken apart is shown as it begins', async () => {
  const nested = Array.from({ length: 60 }, (_, n) => [
    `Content-Type: multipart/mixed; boundary=b${n}`,
    '',
    `--b${n}`,
  ]);
  const { from, text } = await mailText(message(...nested.flat(), ''), true);
  assert.equal(from, 'raw');
  assert.match(text, /^Content-Type: multipart\/mixed; boundary=b0/);
});

test('a message without a text, and an empty one, are shown as nothing', async () => {
  for (const raw of [message('Subject: x', '', ''), Buffer.alloc(0)])
    assert.equal((await mailText(raw, true)).from, 'nothing');
});

test('five megabytes made to be slow are cut, and hold up nobody', async () => {
  let turns = 0;
  const beat = setInterval(() => (turns += 1), 5);
  try {
    const text = await readText(large.raw);
    assert.ok(text.text.length <= 200_000);
    assert.equal(text.cut, true);
    assert.ok(turns > 10, 'the loop ran on meanwhile');
  } finally {
    clearInterval(beat);
  }
});
