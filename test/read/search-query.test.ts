import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isError } from '../../src/errors.ts';
import type { MessageQuery } from '../../src/ports/records.ts';
import { parseQuery } from '../../src/read/search-query.ts';

const cases: readonly (readonly [text: string, query: object])[] = [
  ['', {}],
  ['invoice 2024', { words: ['invoice', '2024'] }],
  ['"two words" one', { words: ['two words', 'one'] }],
  ['from:bob from:"Ann Lee" subject:hi', { from: ['bob', 'Ann Lee'], subject: ['hi'] }],
  ['FROM:bob', { from: ['bob'] }],
  ['folder:inbox -folder:Inbox', { folder: 'INBOX', notFolders: ['INBOX'] }],
  ['"body:" a: x', { words: ['body:', 'a:', 'x'] }],
  ['folder:"Sent Items" to:x', { folder: 'Sent Items', to: ['x'] }],
  ['id:<a@b>', { messageId: '<a@b>' }],
  [
    'since:2024-01-31 before:2024-02-01',
    { since: new Date('2024-01-31T00:00:00Z'), before: new Date('2024-02-01T00:00:00Z') },
  ],
  ['larger:1MiB smaller:2MB', { larger: 1024 * 1024, smaller: 2_000_000 }],
  ['3:30', { words: ['3:30'] }],
  [
    'since:2024 before:2024-06',
    { since: new Date('2024-01-01T00:00:00Z'), before: new Date('2024-06-01T00:00:00Z') },
  ],
  ['larger:5mb smaller:100K', { larger: 5_000_000, smaller: 100 * 1024 }],
  [
    'invoice -draft -from:bob -"two words"',
    { words: ['invoice'], without: { words: ['draft', 'two words'], from: ['bob'] } },
  ],
  ['"OR" or', { words: ['OR', 'or'] }],
  ['ada OR from:"b c" tax', { words: ['tax'], either: [[{ words: ['ada'] }, { from: ['b c'] }]] }],
  [
    'a OR b OR subject:c d',
    { words: ['d'], either: [[{ words: ['a'] }, { words: ['b'] }, { subject: ['c'] }]] },
  ],
  [
    'attachment:"report.pdf" body:offer -attachment:png OR_',
    { words: ['OR_'], attachment: ['report.pdf'], body: ['offer'], without: { attachment: ['png'] } },
  ],
  ['attachment:pdf OR body:"see below"', { either: [[{ attachment: ['pdf'] }, { body: ['see below'] }]] }],
  ['has:attachment', { attached: true }],
  ['-HAS:Attachments', { attached: false }],
  ['-folder:Sent -folder:"Old mail" x', { words: ['x'], notFolders: ['Sent', 'Old mail'] }],
  ['after:2024', { since: new Date('2024-01-01T00:00:00Z') }],
  ['date:2024', { since: new Date('2024-01-01T00:00:00Z'), before: new Date('2025-01-01T00:00:00Z') }],
  ['date:2023-12', { since: new Date('2023-12-01T00:00:00Z'), before: new Date('2024-01-01T00:00:00Z') }],
  ['date:2024-02-29', { since: new Date('2024-02-29T00:00:00Z'), before: new Date('2024-03-01T00:00:00Z') }],
  [
    'date:2024 since:2023 before:2024-06',
    { since: new Date('2024-01-01T00:00:00Z'), before: new Date('2024-06-01T00:00:00Z') },
  ],
  ['larger:1MB larger:2MB smaller:9MB smaller:5MB', { larger: 2_000_000, smaller: 5_000_000 }],
  ['one\ttwo\n three', { words: ['one', 'two', 'three'] }],
  ['constructor toString __proto__', { words: ['constructor', 'toString', '__proto__'] }],
  ['word '.repeat(200), { words: Array.from({ length: 200 }, () => 'word') }],
  ['well-known -', { words: ['well-known', '-'] }],
];

for (const [text, query] of cases) {
  test(`the search ${JSON.stringify(text)} is understood`, () => {
    const parsed: MessageQuery = parseQuery(text);
    assert.deepEqual(parsed, query);
  });
}

for (const text of [
  'form:bob',
  'body: gadgets',
  '-Has: attachment',
  'since:yesterday',
  'since:2024-13-01',
  'since:2023-02-30',
  'before:24',
  'larger:big',
  'larger:5 MB',
  '"open',
  'from:"open',
  'OR ada',
  'ada OR',
  'ada OR OR bob',
  'ada OR folder:x',
  'ada OR -bob',
  'ada OR NOT',
  'ada AND bob',
  'NOT ada',
  '-since:2024',
  '-larger:1MB',
  '-id:x',
  'has:wings',
  'word '.repeat(201),
  'has:attachment -has:attachment',
  'date:2024-02-30',
  'date:march',
  'ada OR has:attachment',
  'constructor:x',
]) {
  test(`the search ${JSON.stringify(text)} is refused with a reason`, () => {
    assert.throws(() => parseQuery(text), { name: 'MothballError', code: 'usage' });
  });
}

test('whatever is typed is a query or is refused with a reason, and nothing of it is lost between words', () => {
  const words = fc.constantFrom(
    'from:',
    'date:',
    'has:',
    'attachment:',
    'larger:',
    '-has:attachment',
    'OR',
    'AND',
    '-',
    '"',
    ' ',
    '\t',
    '\u00a0',
    '\0',
    '\ud800',
    ':',
    '2024',
    '2024-02',
    '9999-12-31',
    '5MB',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 12 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (typed) => {
      try {
        const query = parseQuery(typed);
        for (const date of [query.since, query.before])
          assert.ok(date === undefined || !Number.isNaN(date.getTime()));
        if (typed.trim() === '') assert.deepEqual(query, {});
      } catch (error) {
        assert.ok(isError(error, 'usage'), String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
