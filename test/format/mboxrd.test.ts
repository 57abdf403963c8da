import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { LineEnds } from '../../src/format/line-ends.ts';
import { type ByteRule, encodeMboxrd, MboxrdDecoder, MboxrdEncoder } from '../../src/format/mboxrd.ts';

/** One whole stored message, separator included, back to its bytes. */
function decodeMboxrd(stored: Uint8Array, rule: ByteRule): Uint8Array {
  const decoder = new MboxrdDecoder(rule, stored.length);
  const body = decoder.push(stored);
  return Buffer.concat([body, decoder.end()]);
}

const mailTokens = ['\r', '\n', '\r\n', '>', 'F', 'From ', 'From', 'x', '\u2028', 'Fro', ''];
const mailBytes = fc
  .array(fc.oneof(fc.constantFrom(...mailTokens), fc.string({ unit: 'binary', maxLength: 3 })), {
    maxLength: 30,
  })
  .map((parts) => Buffer.from(parts.join('')));
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  mailBytes,
);
const cuts = fc.array(fc.nat(300), { maxLength: 8 });

test('every short string over the bytes that matter comes back, and different ones stay different', () => {
  const alphabet = ['\r', '\n', '>', 'From ', 'F', 'x'];
  let tried = 0;
  let level = [''];
  const seen = new Map<string, string>();
  for (let length = 0; length <= 6; length++) {
    for (const text of level) {
      const message = Buffer.from(text, 'latin1');
      const { crlf, addedNewline, pieces } = encodeMboxrd(message);
      const stored = Buffer.concat(pieces);
      const decoded = decodeMboxrd(stored, { crlf, addedNewline });
      if (!message.equals(decoded))
        assert.fail(`${JSON.stringify(text)} came back as ${Buffer.from(decoded).toString('latin1')}`);
      const other = `${crlf}${addedNewline}${stored.toString('latin1')}`;
      const before = seen.get(other) ?? text;
      if (before !== text)
        assert.fail(`${JSON.stringify(before)} and ${JSON.stringify(text)} are stored alike`);
      seen.set(other, text);
      if (/(^|\n)From /.test(stored.toString('latin1')))
        assert.fail(`${JSON.stringify(text)} starts a message`);
      tried++;
    }
    level = level.flatMap((text) => alphabet.map((token) => text + token));
  }
  assert.equal(tried, (6 ** 7 - 1) / 5);
});

test('the bytes are stored as the rule says', () => {
  const cases: readonly (readonly [string, string, boolean, boolean])[] = [
    ['', '\n\n', true, true],
    ['a\r\n', 'a\n\n', true, false],
    ['a', 'a\n\n', true, true],
    ['a\n', 'a\n\n', false, false],
    ['a\r', 'a\r\n\n', false, true],
    ['a\r\nb\n', 'a\r\nb\n\n', false, false],
    ['From x', '>From x\n\n', true, true],
    ['>From x\r\n', '>>From x\n\n', true, false],
    ['\rFrom x\n', '\rFrom x\n\n', false, false],
    ['a\r\nFrom b\r\n From c\r\n', 'a\n>From b\n From c\n\n', true, false],
    ['\u2028From x\n', '\u2028From x\n\n', false, false],
    ['Fromage\n', 'Fromage\n\n', false, false],
  ];
  for (const [message, stored, crlf, addedNewline] of cases) {
    const encoded = encodeMboxrd(Buffer.from(message));
    const actual = [Buffer.concat(encoded.pieces).toString(), encoded.crlf, encoded.addedNewline];
    assert.deepEqual(actual, [stored, crlf, addedNewline], JSON.stringify(message));
  }
});

test('any bytes in any pieces are stored as in one piece, and come back', () => {
  fc.assert(
    fc.property(anyBytes, cuts, cuts, (message, encodeCuts, decodeCuts) => {
      const whole = encodeMboxrd(message);
      const stored = Buffer.concat(whole.pieces);
      const ends = new LineEnds();
      for (const piece of split(message, encodeCuts)) ends.push(piece);
      assert.equal(ends.crlf, whole.crlf);
      const encoder = new MboxrdEncoder(ends.crlf);
      const pieces = split(message, encodeCuts).map((piece) => Buffer.from(encoder.push(piece)));
      const end = encoder.end();
      assert.equal(end.addedNewline, whole.addedNewline);
      assert.deepEqual(Buffer.concat([...pieces, ...end.pieces]), stored);
      assert.deepEqual(decodeInPieces(stored, whole, decodeCuts), Buffer.from(message));
    }),
    { numRuns: 3000 },
  );
});

test('memory of a piece may be used again after the call', () => {
  const encoder = new MboxrdEncoder(false);
  const piece = Buffer.from('x\n>Fro');
  const first = Buffer.from(encoder.push(piece));
  piece.fill(0);
  const rest = encoder.push(Buffer.from('m y'));
  assert.equal(Buffer.concat([first, rest]).toString(), 'x\n>>From y');
});

test('a stored message of the wrong length or without its line feeds is damaged', () => {
  const rule = { crlf: false, addedNewline: true };
  const cases: readonly (readonly [string, ByteRule])[] = [
    ['', { ...rule, addedNewline: false }],
    ['\n', rule],
    ['ab\nx', rule],
    ['abx\n', rule],
  ];
  for (const [stored, bits] of cases) {
    assert.throws(() => decodeMboxrd(Buffer.from(stored), bits), { code: 'verify' }, JSON.stringify(stored));
  }
  const decoder = new MboxrdDecoder(rule, 5);
  decoder.push(Buffer.from('ab'));
  assert.throws(() => decoder.end(), { code: 'verify' });
});

function decodeInPieces(stored: Buffer, rule: ByteRule, at: readonly number[]): Buffer {
  const decoder = new MboxrdDecoder(rule, stored.length);
  const pieces = split(stored, at).map((piece) => Buffer.from(decoder.push(piece)));
  return Buffer.concat([...pieces, decoder.end()]);
}

function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const borders = [0, ...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}
