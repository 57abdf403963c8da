import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { mostHeaderBytes } from '../../src/domain/bounds.ts';
import { HeaderBlock, headerLength } from '../../src/format/header-block.ts';

test('a header block ends with the first empty line, in CRLF or LF', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a: b\r\n\r\nbody', 'a: b\r\n\r\n'],
    ['a: b\n\nbody', 'a: b\n\n'],
    ['a: b\r\n\nbody', 'a: b\r\n\n'],
    ['\r\nbody', '\r\n'],
    ['\nbody', '\n'],
    ['a: b\r\nc: d', 'a: b\r\nc: d'],
    ['a\r\r\n\n', 'a\r\r\n\n'],
    ['a\n\r\r\nb\n\n', 'a\n\r\r\nb\n\n'],
    ['', ''],
  ];
  for (const [message, block] of cases) {
    assert.equal(headerLength(Buffer.from(message)), block.length, JSON.stringify(message));
  }
});

test('in pieces it is the same block with the same digest', () => {
  const text = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', 'a', ': '), { maxLength: 20 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 5 }), (message, step) => {
      const bytes = Buffer.from(message);
      const header = new HeaderBlock();
      for (let at = 0; at < bytes.length; at += step) header.push(bytes.subarray(at, at + step));
      const expected = bytes.subarray(0, headerLength(bytes));
      const { block, sha256 } = header.end();
      assert.deepEqual(Buffer.from(block), expected);
      assert.equal(sha256, createHash('sha256').update(expected).digest('hex'));
    }),
  );
});

test('of a huge block only what is parsed is kept, with a byte that shows that there is more; all of it is in the digest', () => {
  const header = new HeaderBlock();
  const hash = createHash('sha256');
  for (let megabyte = 0; megabyte < 6; megabyte++) {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    header.push(piece);
    hash.update(piece);
  }
  const { block, sha256 } = header.end();
  assert.deepEqual([block.length, sha256], [mostHeaderBytes + 1, hash.digest('hex')]);
});
