import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { addReturns, LineEnds, stripCrlf } from '../../src/format/line-ends.ts';

const cases: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['a', true],
  ['\r\n', true],
  ['a\r\nb\r\n', true],
  ['\n', false],
  ['\r', false],
  ['a\r\n\n', false],
  ['\r\r\n', false],
  ['\n\r', false],
  ['\r\n\r', false],
];

test('line ends are CRLF only when every CR and LF belongs to one', () => {
  for (const [text, crlf] of cases) {
    const bytes = Buffer.from(text);
    assert.equal(stripCrlf(bytes) !== null, crlf, JSON.stringify(text));
    const ends = new LineEnds();
    for (const byte of bytes) ends.push(Buffer.from([byte]));
    assert.equal(ends.crlf, crlf, `${JSON.stringify(text)} byte by byte`);
  }
});

test('taking CRs away and putting them back gives the same bytes', () => {
  for (const [text, crlf] of cases) {
    if (!crlf) continue;
    const unix = stripCrlf(Buffer.from(text));
    assert.deepEqual(unix && Buffer.from(addReturns(unix)), Buffer.from(text));
  }
});
