import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { fromLine } from '../../src/format/from-line.ts';
import { followsMessage, looksLikeMbox, MboxReader } from '../../src/format/mbox-reader.ts';
import { encodeMboxrd } from '../../src/format/mboxrd.ts';

const head = 'From a@b Thu Jan  1 00:00:00 1970\n';

/** The messages of a file that comes in pieces of these lengths, then the rest. */
function read(file: Buffer, cuts: readonly number[], lengths = false): readonly string[] {
  const reader = new MboxReader(
    lengths ? (offset) => offset <= file.length && followsMessage(file.subarray(offset)) : undefined,
  );
  const messages: string[] = [];
  const take = (events: ReturnType<MboxReader['push']>): void => {
    for (const event of events) {
      if (event.kind === 'start') messages.push('');
      if (event.kind === 'data')
        messages.push((messages.pop() ?? '') + Buffer.from(event.data).toString('latin1'));
    }
  };
  let at = 0;
  for (const cut of cuts) {
    // Memory that is used again: nothing may be held of it.
    const piece = Buffer.from(file.subarray(at, at + cut));
    take(reader.push(piece));
    piece.fill(0x2a);
    at += cut;
  }
  take(reader.push(file.subarray(at)));
  take(reader.end());
  return messages;
}

const whole = (text: string, lengths = false): readonly string[] =>
  read(Buffer.from(text, 'latin1'), [], lengths);

const cases: readonly (readonly [what: string, file: string, messages: readonly string[]])[] = [
  ['an empty file holds nothing', '', []],
  ['empty lines alone hold nothing', '\n\r\n', []],
  [
    'an empty line separates and belongs to nobody',
    `${head}a: b\n\nx\n\n${head}c: d\n\ny\n\n`,
    ['a: b\n\nx\n', 'c: d\n\ny\n'],
  ],
  ['more empty lines belong to the message', `${head}x\n\n\n${head}y\n\n\n\n`, ['x\n\n', 'y\n\n\n']],
  ['a message may end without a line end', `${head}a: b\n\nx`, ['a: b\n\nx']],
  ['a From_ line without an empty line before it is text', `${head}x\n${head}y\n`, [`x\n${head}y\n`]],
  [
    'a line From without a date is text',
    `${head}x\n\nFrom the start\n\n${head}y\n`,
    ['x\n\nFrom the start\n', 'y\n'],
  ],
  ['messages may be empty', `${head}\n${head}\n\n${head}`, ['', '\n', '']],
  [
    'lines may end in CRLF',
    `${head.replace('\n', '\r\n')}a: b\r\n\r\nx\r\n\r\n${head}y`,
    ['a: b\r\n\r\nx\r\n', 'y'],
  ],
  ['a bare CR is no empty line', `${head}x\n\r${head}y\n`, [`x\n\r${head}y\n`]],
  [
    'a From_ line after a line of text separates where a header follows it',
    `${head}a: b\n\nx\n${head}c: d\n\ny\n`,
    ['a: b\n\nx\n', 'c: d\n\ny\n'],
  ],
  ['a byte order mark and empty lines at the start belong to nobody', `\xef\xbb\xbf\r\n\n${head}x`, ['x']],
  ['a quoted From_ line may be the first of a header', `${head}>From - x\na: b\n`, ['>From - x\na: b\n']],
  ['a header may be all there is', `${head}a: b\n\n${head}c: d\n`, ['a: b\n', 'c: d\n']],
];

for (const [what, file, messages] of cases) {
  test(what, () => {
    assert.deepEqual(whole(file), messages);
  });
}

test('a file that starts with something else is no mbox', () => {
  for (const text of [
    'Subject: x\n',
    'From the start\n',
    '\xef\xbb\xbfx',
    'From the start\nit was: clear\n',
    '\0\0\0',
    'F',
    `x\n\n${head}`,
  ]) {
    assert.throws(() => whole(text), { code: 'unsupported' }, text);
    assert.equal(looksLikeMbox(Buffer.from(text)), false);
  }
  assert.equal(looksLikeMbox(Buffer.from(`${head}x`)), true);
});

test('Content-Length is believed where it leads to a From_ line or the end, else ignored', () => {
  const body = `one\n\n${head}two\n`;
  const message = (length: number): string => `${head}Content-Length: ${length}\n\n${body}`;
  const exact = body.length;
  assert.deepEqual(whole(`${message(exact)}\n${head}y\n`, true), [
    `Content-Length: ${exact}\n\n${body}`,
    'y\n',
  ]);
  assert.deepEqual(whole(`${message(exact)}${head}y\n`, true), [
    `Content-Length: ${exact}\n\n${body}`,
    'y\n',
  ]);
  assert.deepEqual(whole(message(exact), true), [`Content-Length: ${exact}\n\n${body}`]);
  for (const wrong of [exact - 2, exact + 2, 0, 999_999_999_999_999]) {
    assert.deepEqual(whole(`${message(wrong)}\n${head}y\n`, true), [
      `Content-Length: ${wrong}\n\none\n`,
      'two\n',
      'y\n',
    ]);
  }
  assert.equal(whole(message(exact), false).length, 2);
});

const tokens = [
  '\n',
  '\r\n',
  '\r',
  'From ',
  'F',
  'Fro',
  '>From x\n',
  head,
  'x',
  `\n\n${head}`,
  'Content-Length: 3\n',
  'From - \n',
  'Subject: x\n',
  '\xef\xbb\xbf',
  '\n\nFrom the start\n',
];
const text = fc.array(fc.constantFrom(...tokens), { maxLength: 25 }).map((parts) => parts.join(''));

test('the borders of pieces make no difference', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 30 }), fc.boolean(), (rest, cuts, lengths) => {
      const file = Buffer.from(head + rest, 'latin1');
      assert.deepEqual(read(file, cuts, lengths), read(file, [], lengths));
      const single = Array.from(file, () => 1);
      assert.deepEqual(read(file, single, lengths), read(file, [], lengths));
    }),
    { numRuns: 300 },
  );
});

test('what mboxrd stores is found again message by message', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 6 }),
      fc.array(fc.nat(60), { maxLength: 10 }),
      (messages, cuts) => {
        const stored = messages.map((message) => {
          const { pieces } = encodeMboxrd(Buffer.from(message, 'latin1'));
          return Buffer.concat(pieces);
        });
        const file = Buffer.concat(stored.flatMap((one) => [Buffer.from(fromLine(null, new Date(0))), one]));
        // The separator is the last octet.
        assert.deepEqual(
          read(file, cuts),
          stored.map((one) => one.toString('latin1', 0, one.length - 1)),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('a line of many megabytes passes through without being gathered', () => {
  const reader = new MboxReader();
  const piece = Buffer.alloc(256 * 1024, 'From ');
  reader.push(Buffer.from(`${head}\n\n`));
  let length = 0;
  for (let count = 0; count < 60; count++) {
    for (const event of reader.push(piece)) if (event.kind === 'data') length += event.data.length;
    assert.ok(length >= count * piece.length - 4000, 'octets are held back');
  }
});
