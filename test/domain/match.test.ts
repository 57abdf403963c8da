import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { evaluate, headersNeeded, namesFlag, type Verdict } from '../../src/domain/match.ts';
import type { Match } from '../../src/domain/policy.ts';
import { context, daysAgo, message, type MessageParts, olderThan } from './subjects.ts';

const sentOld: Match = { kind: 'olderThan', age: { count: 30, unit: 'd' }, from: 'sent' };
const savedOld: Match = { kind: 'olderThan', age: { count: 30, unit: 'd' }, from: 'saved' };
const large: Match = { kind: 'largerThan', bytes: bytes(1000) };
const flagged: Match = { kind: 'flag', flag: 'flagged' };
const fromRival: Match = { kind: 'header', name: 'from', globs: ['*@rival.example', 'boss*'] };

/** A Date header without its zone. */
const zoneless = (date: Date): string => date.toUTCString().replace(' GMT', '');

const cases: readonly (readonly [name: string, match: Match, parts: MessageParts, verdict: Verdict])[] = [
  ['an old message is older', olderThan(30), { internalDate: daysAgo(31) }, 'yes'],
  ['a message exactly at the cut-off is not older', olderThan(30), { internalDate: daysAgo(30) }, 'no'],
  ['a missing INTERNALDATE is unknown', olderThan(30), { internalDate: null }, 'unknown'],
  ['a date in the future is unknown', olderThan(30), { internalDate: daysAgo(-1) }, 'unknown'],
  ['a date before 1980 is unknown', olderThan(30), { internalDate: new Date(0) }, 'unknown'],
  ['an invalid date is unknown', olderThan(30), { internalDate: new Date(Number.NaN) }, 'unknown'],
  [
    'the Date header tells when it was sent',
    sentOld,
    { headers: { date: ['Thu, 01 Jan 2026 00:00:00 +0000'] } },
    'yes',
  ],
  ['a Date header that can not be read is unknown', sentOld, { headers: { date: ['yesterday'] } }, 'unknown'],
  [
    'a Date header of an obsolete form counts',
    sentOld,
    { headers: { date: ['Thursday, 01 Jan 26 00:00:00 UTC'] } },
    'yes',
  ],
  [
    'a Date header without a zone is old where it is so in every zone',
    sentOld,
    { headers: { date: [zoneless(daysAgo(31))] } },
    'yes',
  ],
  [
    'a Date header without a zone is unknown where a zone decides',
    sentOld,
    { headers: { date: [zoneless(daysAgo(30.4))] } },
    'unknown',
  ],
  [
    'a Date header with an unknown zone is unknown where the zone decides, in the other direction too',
    sentOld,
    { headers: { date: [`${zoneless(daysAgo(29.6))} JST`] } },
    'unknown',
  ],
  [
    'a Date header without a zone is young where it is so in every zone',
    sentOld,
    { headers: { date: [zoneless(daysAgo(29))] } },
    'no',
  ],
  [
    'two Date headers are unknown',
    sentOld,
    { headers: { date: ['Thu, 01 Jan 2026 00:00:00 +0000', 'Thu, 01 Jan 2026 00:00:00 +0000'] } },
    'unknown',
  ],
  ['headers that were not fetched are unknown', sentOld, {}, 'unknown'],
  ['SAVEDATE decides a saved age', savedOld, { savedDate: daysAgo(31) }, 'yes'],
  ['without SAVEDATE a saved age is unknown', savedOld, {}, 'unknown'],
  ['larger means more octets', large, { size: 1001 }, 'yes'],
  ['the same size is not larger', large, { size: 1000 }, 'no'],
  ['an unknown size is unknown', large, { size: null }, 'unknown'],
  ['flags match in any case', flagged, { flags: ['\\FLAGGED'] }, 'yes'],
  ['keywords match in any case', { kind: 'keyword', keyword: '$Todo' }, { flags: ['$todo'] }, 'yes'],
  ['a message without Seen is unseen', { kind: 'unseen' }, { flags: ['\\answered'] }, 'yes'],
  ['any of several globs is enough', fromRival, { headers: { from: ['Boss <b@x.example>'] } }, 'yes'],
  ['a header that the message lacks does not match', fromRival, { headers: { from: [] } }, 'no'],
  ['a header that was not looked at is unknown', fromRival, { headers: { to: [] } }, 'unknown'],
  ['not turns yes into no', { kind: 'not', of: olderThan(30) }, {}, 'no'],
  ['not keeps unknown unknown', { kind: 'not', of: olderThan(30) }, { internalDate: null }, 'unknown'],
  ['all with one no is no, though another is unknown', { kind: 'all', of: [large, sentOld] }, {}, 'no'],
  ['all with an unknown is unknown', { kind: 'all', of: [olderThan(30), sentOld] }, {}, 'unknown'],
  [
    'any with one yes is yes, though another is unknown',
    { kind: 'any', of: [sentOld, olderThan(30)] },
    {},
    'yes',
  ],
  ['any with an unknown and a no is unknown', { kind: 'any', of: [sentOld, large] }, {}, 'unknown'],
];

for (const [name, match, parts, verdict] of cases) {
  test(name, () => assert.equal(evaluate(match, message(parts), context).verdict, verdict));
}

test('the reason tells the age and the date', () => {
  assert.equal(evaluate(olderThan(30), message(), context).reason, 'older than 30d (received 2026-03-07)');
});

test('a flag counts as named only where it is asked for, not under not', () => {
  assert.ok(namesFlag({ kind: 'all', of: [olderThan(1), flagged] }, 'flagged'));
  assert.ok(!namesFlag({ kind: 'all', of: [{ kind: 'not', of: flagged }] }, 'flagged'));
  assert.ok(!namesFlag(flagged, 'draft'));
});

test('headers are fetched for header matches and for the sent date, each once', () => {
  const match: Match = {
    kind: 'all',
    of: [sentOld, { kind: 'any', of: [fromRival, { kind: 'not', of: fromRival }] }],
  };
  assert.deepEqual(headersNeeded(match), ['date', 'from']);
});

test('a header value of more than 64 KiB can not be decided, whatever it holds', () => {
  const match = { kind: 'header', name: 'from', globs: ['*'] } as const;
  const long = { headers: { from: ['x'.repeat(65_537)] } };
  assert.equal(evaluate(match, message(long), context).verdict, 'unknown');
  assert.equal(evaluate({ kind: 'not', of: match }, message(long), context).verdict, 'unknown');
});
