/** Lines of a manifest that are read and written piece by piece. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { longJson, parseLong } from '../../src/format/long-json.ts';

function parsed(text: string | Buffer): unknown {
  const work = parseLong(Buffer.from(text));
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('__proto__', '\u2028', '\\', '"', ''),
);

test('any JSON comes back, and is written as JSON.stringify does', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, 0, -1.5, 1e21),
      anyText,
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 5 }),
    map: fc.dictionary(anyText, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const text = JSON.stringify(value);
      assert.deepStrictEqual(parsed(text), value);
      assert.equal([...longJson(value)].join(''), text);
    }),
  );
});

test('a long text is cut nowhere within an escape, a character or a surrogate pair', () => {
  for (const unit of ['\u0001', 'é', '€', '😀', '\n', '\ud83d', 'a\\b"']) {
    for (let shift = 0; shift < 7; shift += 1) {
      const text = 'x'.repeat(shift) + unit.repeat(Math.ceil(200_000 / unit.length));
      assert.equal(parsed(JSON.stringify(text)), text);
      assert.equal([...longJson(text)].join(''), JSON.stringify(text));
    }
  }
});

test('what is not JSON is refused, and so is a line of more values than any can have', () => {
  const many = `[${'[],'.repeat(100_001)}[]]`;
  const keys = `{${Array.from({ length: 10_001 }, (_, index) => `"k${index}":1`).join(',')}}`;
  const deep = '['.repeat(20) + ']'.repeat(20);
  const wrong = [
    '',
    '{',
    '[1',
    '"a',
    '"\\',
    '"\\u12',
    '{"a"}',
    '{"a":}',
    '[1,]',
    '{a:1}',
    '[] ',
    'nul',
    '01',
    '"\n"',
  ];
  for (const text of [many, keys, deep, ...wrong]) assert.throws(() => parsed(text), SyntaxError);
});
