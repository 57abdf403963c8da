import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { noNotices } from '../../src/domain/notice-mark.ts';
import {
  covering,
  describeOverride,
  neverShorter,
  policiesFor,
  policyFor,
} from '../../src/domain/override.ts';
import type { Match, Override, Policy } from '../../src/domain/policy.ts';
import { longestRetain } from '../../src/domain/retention.ts';
import { decide, recordedHeaders } from '../../src/domain/selection.ts';
import { daysAgo, message, now, olderThan, policy } from './subjects.ts';

function override(parts: Partial<Override>): Override {
  return {
    accounts: { include: ['bob@*'], exclude: [] },
    quota: null,
    match: null,
    folders: [],
    after: null,
    retain: null,
    hash: '00000000000000ff',
    ...parts,
  };
}

const days = (count: number) => ({ count, unit: 'd' }) as const;
const subject = (glob: string): Match => ({ kind: 'header', name: 'subject', globs: [glob] });

test('an account without an override has the policy itself, with the hash that it has without any', () => {
  const plain = policy(olderThan(30));
  const base = { ...plain, overrides: [override({ match: olderThan(900) })] };
  assert.equal(policyFor(base, 'alice@example.com'), base);
  assert.equal(policiesFor([plain], 'bob@example.com')[0], plain);
  const bobs = policyFor(base, 'BOB@example.com');
  assert.notEqual(bobs.hash, base.hash);
  assert.match(bobs.hash, /^[0-9a-f]{16}$/);
  assert.deepEqual([bobs.overrides, bobs.applied?.length], [undefined, 1]);
  assert.equal(policyFor(bobs, 'bob@example.com'), bobs, 'none is applied twice');
});

test('several that fit add up, the longest time counts, and of quotas the last', () => {
  const base = policy(olderThan(30), {
    when: { quotaAbove: 90 },
    drainTo: 75,
    retain: days(100),
    overrides: [
      override({
        match: olderThan(60),
        folders: ['A'],
        after: days(20),
        retain: days(300),
        hash: '01'.padEnd(16, '0'),
      }),
      override({
        match: subject('x'),
        folders: ['B'],
        after: days(10),
        retain: days(200),
        hash: '02'.padEnd(16, '0'),
      }),
      override({ quota: { quotaAbove: 98, drainTo: 95 }, hash: '03'.padEnd(16, '0') }),
      override({ accounts: { include: ['*'], exclude: ['bob@*'] }, retain: 'forever' }),
    ],
  });
  const bobs = policyFor(base, 'bob@example.com');
  assert.deepEqual(bobs.folders.exclude, ['A', 'B']);
  assert.deepEqual([bobs.delete?.after, bobs.retain], [days(20), days(300)]);
  assert.deepEqual([bobs.when, bobs.drainTo], [{ quotaAbove: 98 }, 95]);
  assert.equal(policyFor(base, 'carol@example.com').retain, null);
});

test('the same override twice is one, and its hash does not vanish', () => {
  const one = override({ match: olderThan(60) });
  const base = policy(olderThan(30));
  const once = policyFor({ ...base, overrides: [one] }, 'bob@x');
  const twice = policyFor({ ...base, overrides: [one, one] }, 'bob@x');
  assert.equal(twice.hash, once.hash);
  assert.notEqual(twice.hash, base.hash);
});

test('the hash follows the order of overrides, since the last quota counts', () => {
  const [low, high] = [
    override({ quota: { quotaAbove: 80, drainTo: null }, hash: '89abcdef01234567' }),
    override({ quota: { quotaAbove: 95, drainTo: null }, hash: 'fedcba9876543210' }),
  ];
  const applied = (...overrides: readonly Override[]): Policy =>
    policyFor(policy(olderThan(30), { when: { quotaAbove: 90 }, overrides }), 'bob@x');
  assert.equal(applied(low, high).when?.quotaAbove, 95);
  assert.equal(applied(high, low).when?.quotaAbove, 80);
  assert.notEqual(applied(low, high).hash, applied(high, low).hash);
  assert.equal(applied(low, high, low).when?.quotaAbove, 80);
  assert.equal(applied(low, high, low).hash, applied(high, low).hash, 'the same effect');
  assert.equal(applied(low).hash, '8888888888888888', 'what one override alone has always made of it');
});

const anyHash = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((bits) => bits.toString(16).padStart(16, '0'));

test('other orders of any overrides have other hashes, of 16 digits', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyHash, { minLength: 2, maxLength: 5 }), (hashes) => {
      const of = (order: readonly string[]): string =>
        policyFor({ ...policy(olderThan(30)), overrides: order.map((hash) => override({ hash })) }, 'bob@x')
          .hash;
      const [first = '', second = '', ...rest] = hashes;
      assert.match(of(hashes), /^[0-9a-f]{16}$/);
      // Bits that are each other's opposite look alike at any place.
      fc.pre((BigInt(`0x${first}`) ^ BigInt(`0x${second}`)) !== 2n ** 64n - 1n);
      assert.notEqual(of(hashes), of([second, first, ...rest]));
    }),
  );
});

const anyMatch: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 1, max: 200 }).map(olderThan),
    fc.constantFrom<Match>(
      { kind: 'unseen' },
      { kind: 'flag', flag: 'seen' },
      { kind: 'keyword', keyword: 'keep' },
    ),
    fc.constantFrom('a', 'b').map(subject),
    fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of): Match => ({ kind: 'all', of })),
    fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of): Match => ({ kind: 'any', of })),
    tie('match').map((of): Match => ({ kind: 'not', of })),
  ),
})).match;

const anyMessage = fc.record({
  age: fc.integer({ min: 0, max: 220 }),
  flags: fc.subarray(['\\Seen', '\\Flagged', '\\Draft', 'keep']),
  headers: fc.option(fc.constantFrom({ subject: ['a'] }, { subject: ['b'] }), { nil: undefined }),
});

test('whatever an override asks for, no message leaves that the policy would keep', () => {
  fc.assert(
    fc.property(anyMatch, anyMatch, anyMessage, (own, more, { age, flags, headers }) => {
      const base = policy(own, { overrides: [override({ match: more })] });
      const mail = message({
        internalDate: daysAgo(age),
        flags,
        ...(headers === undefined ? {} : { headers }),
      });
      const leaves = (one: Policy): boolean =>
        decide(mail, {
          policy: one,
          holds: [],
          now,
          restored: new Set(),
          quarantined: new Map(),
          notices: noNotices,
        }).kind === 'selected';
      assert.ok(!leaves(policyFor(base, 'bob@x')) || leaves(base));
    }),
    { numRuns: 500 },
  );
});

test('headers that only an override looks at are recorded too, and stores keep what the longest retains', () => {
  const base = policy(olderThan(30), {
    retain: days(30),
    overrides: [override({ match: { kind: 'header', name: 'list-id', globs: ['*'] }, retain: days(90) })],
  });
  assert.deepEqual(recordedHeaders([base], []), ['list-id']);
  assert.deepEqual(longestRetain([base], [], 'local'), days(90));
  const forGood = { ...base, overrides: [override({ retain: 'forever' })] };
  assert.equal(longestRetain([forGood], [], 'local'), null);
});

test('only policies that cover the account are listed', () => {
  const other = policy(olderThan(30), { accounts: { include: ['*'], exclude: ['bob@*'] } });
  assert.deepEqual(covering([other], 'bob@x'), []);
  assert.equal(covering([other], 'alice@x').length, 1);
});

test('a month is not surely longer than 30 days, and a year is surely as long as 12 months', () => {
  assert.equal(neverShorter({ count: 1, unit: 'mo' }, days(30)), false);
  assert.equal(neverShorter(days(31), { count: 1, unit: 'mo' }), true);
  assert.equal(neverShorter({ count: 1, unit: 'y' }, { count: 12, unit: 'mo' }), true);
  assert.equal(neverShorter(days(365), { count: 1, unit: 'y' }), false);
});

test('an override is described by what it changes', () => {
  const all = override({
    quota: { quotaAbove: 98, drainTo: 95 },
    match: olderThan(900),
    folders: ['Keep/**'],
    after: days(30),
    retain: 'forever',
  });
  assert.equal(
    describeOverride(all),
    'starts at 98 % and drains to 95 %; only mail that is also older than 900d; not from Keep/**; deletes after 30d; keeps archives for good',
  );
});
