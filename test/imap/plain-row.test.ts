import assert from 'node:assert/strict';
import test from 'node:test';
import parser from 'imapflow/lib/handler/imap-parser.js';
import { plainRow } from '../../src/imap/plain-row.ts';
import { Random } from '../corpus/random.ts';

type Literals = readonly Buffer[];

async function assertSame(line: string, literals: Literals = []): Promise<void> {
  const payload = Buffer.from(line, 'latin1');
  const row = plainRow({ payload, literals });
  assert.notEqual(row, null, line);
  assert.deepEqual(row, await parser(payload, { literals: [...literals] }), line);
}

const usual = [
  '* 1 FETCH (UID 7)',
  '* 12 FETCH (UID 4294967295 RFC822.SIZE 0)',
  '* 3 FETCH (FLAGS () UID 3)',
  '* 3 FETCH (UID 3 FLAGS (\\Seen \\Deleted $Forwarded NonJunk a-b.c_d))',
  '* 1 FETCH (UID 1 INTERNALDATE " 1-Feb-2020 10:00:00 +0100" RFC822.SIZE 12 MODSEQ (9223372036854775807))',
];

test('a usual FETCH row is read as the parser of the library reads it', async () => {
  for (const line of usual) await assertSame(line);
  await assertSame('* 1 FETCH (UID 1 BODY[] {3}\r\n)', [Buffer.from('a\r\n')]);
  await assertSame('* 1 FETCH (BODY[] {0}\r\n UID 1)', [Buffer.alloc(0)]);
  await assertSame('* 1 FETCH (UID 1 BODY[HEADER] {4}\r\n FLAGS (\\Seen))', [
    Buffer.from('\0\xff(\n', 'latin1'),
  ]);
  await assertSame('* 1 FETCH (BODY[HEADER] {1}\r\n BODY[] {2}\r\n)', [Buffer.from('h'), Buffer.from('bb')]);
});

test('any other line is left to the parser of the library', () => {
  const others = [
    '* 1 EXISTS',
    'A1 OK FETCH (UID 1)',
    '* 1 FETCH (UID 1',
    '* 1 FETCH (UID 1) ',
    '* 1 FETCH ()',
    '* 1 FETCH (UID NIL)',
    '* 1 FETCH (UID 1 FLAGS (NIL))',
    '* 1 FETCH (UID 1 FLAGS NIL)',
    '* 1 FETCH (UID 1 FLAGS (\\Seen  \\Draft))',
    '* 1 FETCH (UID 1 FLAGS (\\*))',
    '* 1 FETCH (UID 1 FLAGS (12 1:3))',
    '* 1 FETCH (UID 1 INTERNALDATE "a\\"b")',
    '* 1 FETCH (UID 1 INTERNALDATE NIL)',
    '* 1 FETCH (UID 1 BODY[TEXT] "x")',
    '* 1 FETCH (UID 1 BODY[]<0> {1}\r\n)',
    '* 1 FETCH (UID 1 X-GM-LABELS (a))',
    `* 1 FETCH (UID 1 FLAGS (${'x'.repeat(3000)}))`,
  ];
  for (const line of others) assert.equal(plainRow({ payload: Buffer.from(line), literals: [] }), null, line);
  const two = [Buffer.from('a'), Buffer.from('b')];
  for (const literals of [[], two, [Buffer.from('ab')]])
    assert.equal(plainRow({ payload: Buffer.from('* 1 FETCH (UID 1 BODY[] {1}\r\n)'), literals }), null);
});

test('a row with any byte changed is read as the parser reads it, or left to it', async () => {
  const random = new Random(11);
  for (let round = 0; round < 3000; round += 1) {
    const payload = Buffer.from(random.pick(usual), 'latin1');
    for (let change = random.whole(1, 2); change > 0; change -= 1)
      payload[random.whole(0, payload.length - 1)] = random.whole(0, 255);
    const row = plainRow({ payload, literals: [] });
    if (row !== null)
      assert.deepEqual(
        row,
        await parser(payload, { literals: [] }),
        JSON.stringify(payload.toString('latin1')),
      );
  }
});
