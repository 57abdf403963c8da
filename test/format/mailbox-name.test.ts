import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeMailboxName, encodeMailboxName } from '../../src/format/mailbox-name.ts';

test('modified UTF-7 is decoded and encoded', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['INBOX', 'INBOX'],
    ['a&-b', 'a&b'],
    ['Entw&APw-rfe', 'Entwürfe'],
    ['~peter/mail/&U,BTFw-/&ZeVnLIqe-', '~peter/mail/台北/日本語'],
    ['&2D3cSw-', '👋'],
    ['../x', '../x'],
    ['a"b\\c', 'a"b\\c'],
  ];
  for (const [raw, path] of cases) {
    assert.equal(decodeMailboxName(Buffer.from(raw)), path);
    assert.equal(encodeMailboxName(path).toString('latin1'), raw);
  }
});

test('two raw names never get one path: what is not proper modified UTF-7 is kept apart', () => {
  const odd = ['a&b', 'a&b-', '&AGE-', '&', '&-&', '&2D0-', '&A-', '&9yY-', 'Entw&APw', '&APw-&APw-'];
  const paths = odd.map((raw) => decodeMailboxName(Buffer.from(raw)));
  assert.equal(new Set([...paths, 'a&b', 'a', 'ü', 'üü']).size, odd.length + 4);
});

test('composed and decomposed letters stay two names', () => {
  assert.notDeepEqual(encodeMailboxName('\u00e9'), encodeMailboxName('e\u0301'));
});

test('every raw name comes back from its path, whatever its octets', () => {
  const octet = fc.oneof(
    fc.constantFrom(0x26, 0x2d, 0x41, 0x50, 0x77, 0x2c),
    fc.integer({ min: 0, max: 255 }),
  );
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 12 }), (octets) => {
      const raw = Buffer.from(octets);
      assert.deepEqual(encodeMailboxName(decodeMailboxName(raw)), raw);
    }),
    { numRuns: 2000 },
  );
});

test('every Unicode path comes back from its raw name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (path) => {
      fc.pre(!/[\uf700-\uf7ff]/.test(path));
      assert.equal(decodeMailboxName(encodeMailboxName(path)), path);
    }),
  );
});
