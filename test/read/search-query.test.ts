import assert from 'node:assert/strict';
import test from 'node:test';
import type { MessageQuery } from '../../src/ports/records.ts';
import { parseQuery } from '../../src/read/search-query.ts';

const cases: readonly (readonly [text: string, query: object])[] = [
  ['', {}],
  ['invoice 2024', { words: ['invoice', '2024'] }],
  ['"two words" one', { words: ['two words', 'one'] }],
  ['from:bob from:"Ann Lee" subject:hi', { from: ['bob', 'Ann Lee'], subject: ['hi'] }],
  ['FROM:bob', { from: ['bob'] }],
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
  '-folder:Sent',
]) {
  test(`the search ${JSON.stringify(text)} is refused with a reason`, () => {
    assert.throws(() => parseQuery(text), { name: 'MothballError', code: 'usage' });
  });
}
