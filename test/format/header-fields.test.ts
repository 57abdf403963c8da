import assert from 'node:assert/strict';
import test from 'node:test';
import { readHeaderFields } from '../../src/format/header-fields.ts';

const wanted = new Set(['subject', 'to', 'x-a', 'empty', '__proto__']);

/** The fields that the block has. */
function fields(text: string | Buffer): Record<string, readonly string[]> {
  const found = readHeaderFields(typeof text === 'string' ? Buffer.from(text) : text, wanted);
  return Object.fromEntries([...found].filter(([, values]) => values.length > 0));
}

test('a wanted field that the message lacks is known to be absent', () => {
  const found = readHeaderFields(Buffer.from('To: x\r\n'), new Set(['from', 'to']));
  assert.deepEqual(
    [...found],
    [
      ['from', []],
      ['to', ['x']],
    ],
  );
});

test('fields are unfolded, trimmed, decoded and kept in their order', () => {
  const block = 'Subject: =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?q?_au_lait?=\r\nX-A:  1 \r\nx-a: 2\r\n\r\n';
  assert.deepEqual(fields(block), { subject: ['café au lait'], 'x-a': ['1', '2'] });
});

test('raw 8-bit octets are UTF-8, or Latin-1 where they are not', () => {
  assert.deepEqual(fields('Subject: café\r\n\r\n'), { subject: ['café'] });
  assert.deepEqual(fields(Buffer.from('Subject: caf\xe9\r\n\r\n', 'latin1')), { subject: ['café'] });
});

test('odd blocks give what can be read', () => {
  assert.deepEqual(fields(''), {});
  assert.deepEqual(fields('\r\n'), {});
  assert.deepEqual(fields('no colon\r\nTo : x\r\n: nameless\r\nEmpty:\r\n'), { to: ['x'], empty: [''] });
  assert.deepEqual(fields('Subject: a\0b\r\n'), { subject: ['a\ufffdb'] });
  assert.deepEqual(fields('Subject: bare\nTo: lf\n'), { subject: ['bare'], to: ['lf'] });
  assert.deepEqual(fields('Subject: =?nonsense?x?y?=\r\n'), { subject: ['=?nonsense?x?y?='] });
  assert.deepEqual(fields('__proto__: x\r\n'), Object.fromEntries([['__proto__', ['x']]]));
});

test('a field that is too long, in one value or in very many, is read in part, and shows that it is too long', () => {
  const onlyTo = new Set(['to']);
  const isTooLong = (block: Buffer): boolean =>
    (readHeaderFields(block, onlyTo).get('to') ?? []).some((value) => value.length > 65_536);
  const many = Buffer.from('To:\r\n'.repeat(800_000));
  for (const block of [
    many,
    Buffer.from(`To: ${'a@b.example, '.repeat(10_000)}\r\n`),
    // Encoded words get shorter when they are decoded.
    Buffer.from(`To: ${'=?utf-8?Q?=41?= '.repeat(10_000)}\r\n`),
    Buffer.from(Array.from({ length: 1_000 }, () => `To: ${'x'.repeat(100)}\r\n`).join('')),
  ]) {
    assert.equal(isTooLong(block), true, block.toString('latin1', 0, 40));
    const kept = readHeaderFields(block, onlyTo).get('to') ?? [];
    assert.ok(kept.join('').length < 200_000);
  }
  assert.equal(isTooLong(Buffer.from(`To: ${'a@b.example, '.repeat(3_000)}\r\n`)), false);
});
