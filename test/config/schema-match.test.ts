import assert from 'node:assert/strict';
import test from 'node:test';
import { matchSchema } from '../../src/config/schema-match.ts';
import { bytes } from '../../src/domain/brands.ts';
import type { Match } from '../../src/domain/policy.ts';
import { policyFile, problemsOf, withPolicies } from './files.ts';

const twoYears = { kind: 'olderThan', age: { count: 2, unit: 'y' }, from: 'received' } as const;

const table: readonly (readonly [what: string, input: unknown, match: Match])[] = [
  ['one key is that condition', { olderThan: '2y' }, twoYears],
  ['ageFrom goes with olderThan', { olderThan: '2y', ageFrom: 'saved' }, { ...twoYears, from: 'saved' }],
  [
    'several keys are all',
    { olderThan: '2y', largerThan: '1MiB', unseen: true },
    { kind: 'all', of: [twoYears, { kind: 'largerThan', bytes: bytes(1_048_576) }, { kind: 'unseen' }] },
  ],
  [
    'all, any and not nest',
    { all: [{ olderThan: '2y' }, { any: [{ flag: 'seen' }, { not: { keyword: '$Todo' } }] }] },
    {
      kind: 'all',
      of: [
        twoYears,
        {
          kind: 'any',
          of: [
            { kind: 'flag', flag: 'seen' },
            { kind: 'not', of: { kind: 'keyword', keyword: '$Todo' } },
          ],
        },
      ],
    },
  ],
  [
    'not with several keys negates all of them',
    { not: { olderThan: '2y', unseen: true } },
    { kind: 'not', of: { kind: 'all', of: [twoYears, { kind: 'unseen' }] } },
  ],
  ['from takes a glob', { from: '*@x' }, { kind: 'header', name: 'from', globs: ['*@x'] }],
  ['to takes a list', { to: ['a@x', 'b@x'] }, { kind: 'header', name: 'to', globs: ['a@x', 'b@x'] }],
  [
    'header names become lower case',
    { header: { 'List-Id': '*ann*' } },
    { kind: 'header', name: 'list-id', globs: ['*ann*'] },
  ],
  [
    'several headers must all match',
    { header: { A: 'x', B: ['y', 'z'] } },
    {
      kind: 'all',
      of: [
        { kind: 'header', name: 'a', globs: ['x'] },
        { kind: 'header', name: 'b', globs: ['y', 'z'] },
      ],
    },
  ],
];

for (const [what, input, match] of table) {
  test(what, () => assert.deepEqual(matchSchema.parse(input), match));
}

const refused: readonly (readonly [match: string, problem: RegExp])[] = [
  ['{}', /match: an empty match would select everything/],
  ['{ all: [] }', /match.all: must have at least one entry/],
  ['{ any: [{}] }', /match.any\[0\]: an empty match/],
  ['{ not: {} }', /match.not: an empty match/],
  ['{ header: {} }', /match: an empty match/],
  ['{ from: [] }', /match.from: must have at least one entry/],
  ['{ from: "" }', /match.from: found "", an empty pattern/],
  ['{ ageFrom: sent }', /match.ageFrom: is valid only with olderThan/],
  ['{ olderThan: 0d }', /policies.yaml:4:25: policies\[0\].match.olderThan: found "0d", must be above zero/],
  ['{ olderThan: 6m }', /olderThan: found "6m", not a duration: .* write "mo" for months/],
  ['{ olderThan: 30 }', /olderThan: must be text such as "30d"/],
  ['{ olderThan: 2y, ageFrom: recieved }', /ageFrom: found "recieved"; did you mean "received"\?/],
  [
    '{ olderThen: 2y, unseen: true }',
    /unknown key "olderThen"; did you mean "olderThan"\? allowed: all, any, not, olderThan/,
  ],
  ['{ olderThen: 2y }', /unknown key "olderThen"; did you mean "olderThan"\?/],
  ['{ not: { unsen: true } }', /unknown key "unsen"; did you mean "unseen"\?/],
  ['{ largerThan: 5mb }', /largerThan: found "5mb", not a size: .* write "MB"/],
  ['{ largerThan: 0B }', /largerThan: found "0B", must be above zero/],
  ['{ flag: \\Seen }', /flag: found "\\\\Seen"; did you mean "seen"\?/],
  ['{ keyword: "a b" }', /keyword: must be one IMAP keyword/],
  ['{ unseen: false }', /unseen: found false; allowed: true/],
  ['{ header: { "A B": x } }', /match.header."A B": must be the name of a header field/],
  ['[{ olderThan: 2y }]', /match: must be a mapping, found a list/],
];

for (const [match, problem] of refused) {
  test(`match: ${match} is refused`, async (t) => {
    const problems = await problemsOf(t, {
      'mothball.yaml': withPolicies,
      'policies.yaml': policyFile(`match: ${match}\narchive: { to: local }`),
    });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}
