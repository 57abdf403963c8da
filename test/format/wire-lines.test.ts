import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { WireLines } from '../../src/format/wire-lines.ts';

function convert(text: string, cuts: readonly number[] = []): string {
  const lines = new WireLines();
  const bytes = Buffer.from(text, 'latin1');
  let out = '';
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(at, at + cut));
    out += Buffer.from(lines.push(piece)).toString('latin1');
    at += cut;
  }
  return out;
}

const cases: readonly (readonly [text: string, wire: string])[] = [
  ['', ''],
  ['x', 'x'],
  ['a\nb\n', 'a\r\nb\r\n'],
  ['a\nb\r\nc\n', 'a\r\nb\r\nc\r\n'],
  ['a\r\nb\nc\r\n', 'a\r\nb\nc\r\n'],
  ['\n', '\r\n'],
  ['\r\n\n', '\r\n\n'],
  ['a\rb\nc\r', 'a\rb\r\nc\r'],
  ['a\nb\r', 'a\r\nb\r'],
];

for (const [from, to] of cases) {
  test(`${JSON.stringify(from)} goes over the wire as ${JSON.stringify(to)}`, () => {
    assert.equal(convert(from), to);
  });
}

const text = fc
  .array(fc.constantFrom('\n', '\r\n', '\r', 'x', 'yz'), { maxLength: 20 })
  .map((parts) => parts.join(''));

test('borders of pieces make no difference, and a second pass changes nothing', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(5), { maxLength: 20 }), (from, cuts) => {
      assert.equal(convert(from, cuts), convert(from));
      assert.equal(convert(convert(from)), convert(from));
    }),
  );
});

test('what has CRLF alone is exact, through CRLF and through LF', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('x', 'From y', ''), { maxLength: 9 }), (lines) => {
      const wire = lines.map((line) => `${line}\r\n`).join('');
      assert.equal(convert(wire), wire);
      assert.equal(convert(wire.replaceAll('\r\n', '\n')), wire);
    }),
  );
});
