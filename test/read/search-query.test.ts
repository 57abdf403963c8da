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
  ['since:2023-05', { since: new Date('2023-05-01T00:00:00Z') }],
  ['before:2023', { before: new Date('2023-01-01T00:00:00Z') }],
  ['date:2023-12', { since: new Date('2023-12-01T00:00:00Z'), before: new Date('2024-01-01T00:00:00Z') }],
  ['date:2024-02-29', { since: new Date('2024-02-29T00:00:00Z'), before: new Date('2024-03-01T00:00:00Z') }],
  ['date:2020', { since: new Date('2020-01-01T00:00:00Z'), before: new Date('2021-01-01T00:00:00Z') }],
  ['invoice -paid', { words: ['invoice'], not: [{ field: null, text: 'paid' }] }],
  [
    '-from:bob -"two words"',
    {
      not: [
        { field: 'from', text: 'bob' },
        { field: null, text: 'two words' },
      ],
    },
  ],
  ['e-mail a - b "-x"', { words: ['e-mail', 'a', '-', 'b', '-x'] }],
  [
    'tax from:bob OR subject:hi OR "x y" 2024',
    {
      words: ['tax', '2024'],
      alternatives: [
        [
          { field: 'from', text: 'bob' },
          { field: 'subject', text: 'hi' },
          { field: null, text: 'x y' },
        ],
      ],
    },
  ],
  ['or "OR" Or', { words: ['or', 'OR', 'Or'] }],
];

for (const [text, query] of cases) {
  test(`the search ${JSON.stringify(text)} is understood`, () => {
    const parsed: MessageQuery = parseQuery(text);
    assert.deepEqual(parsed, query);
  });
}

const refused = [
  'form:bob',
  'since:yesterday',
  'since:2024-13-01',
  'since:2023-02-30',
  'date:24',
  'larger:big',
  '"open',
  'from:"open',
  'OR a',
  'a OR',
  'a OR OR b',
  'a OR folder:x',
  'a OR -b',
  '-folder:x',
  '-since:2024',
];

for (const text of refused) {
  test(`the search ${JSON.stringify(text)} is refused with a reason`, () => {
    assert.throws(() => parseQuery(text), { name: 'MothballError', code: 'usage' });
  });
}
