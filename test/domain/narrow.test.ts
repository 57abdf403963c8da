import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytes } from '../../src/domain/brands.ts';
import { evaluate, hasFlag } from '../../src/domain/match.ts';
import type { MessageMeta } from '../../src/domain/message.ts';
import { narrow, type SearchTerm } from '../../src/domain/narrow.ts';
import type { Match } from '../../src/domain/policy.ts';
import { context, daysAgo, message, olderThan } from './subjects.ts';

const flagNames = ['seen', 'answered', 'flagged', 'deleted', 'draft'] as const;

const leaf: fc.Arbitrary<Match> = fc.oneof(
  fc.integer({ min: 1, max: 200 }).map(olderThan),
  fc.integer({ min: 0, max: 3000 }).map((size): Match => ({ kind: 'largerThan', bytes: bytes(size) })),
  fc.constantFrom(...flagNames).map((flag): Match => ({ kind: 'flag', flag })),
  fc.constantFrom('$Todo', 'junk').map((keyword): Match => ({ kind: 'keyword', keyword })),
  fc.constant<Match>({ kind: 'unseen' }),
);

const { match: anyMatch } = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of): Match => ({ kind: 'all', of })),
    fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of): Match => ({ kind: 'any', of })),
    tie('match').map((of): Match => ({ kind: 'not', of })),
  ),
}));

const anyMessage = fc
  .record({
    age: fc.integer({ min: 0, max: 250 }),
    size: fc.integer({ min: 0, max: 4000 }),
    flags: fc.subarray(['\\seen', '\\answered', '\\flagged', '\\deleted', '\\draft', '$todo', 'Junk']),
    /** The server may compare dates in any zone. */
    zone: fc.integer({ min: -14, max: 14 }),
  })
  .map(({ age, size, flags, zone }) => ({
    meta: message({ internalDate: daysAgo(age), size, flags }),
    zone,
  }));

/** What an IMAP server makes of a term (RFC 9051 §6.4.4), in some time zone of its own. */
function serverFinds(term: SearchTerm, meta: MessageMeta, zone: number): boolean {
  switch (term.kind) {
    case 'before': {
      const local = new Date((meta.internalDate?.getTime() ?? 0) + zone * 3_600_000);
      return local.toISOString().slice(0, 10) < term.day.toISOString().slice(0, 10);
    }
    case 'larger':
      return (meta.size ?? 0) > term.bytes;
    case 'flag':
      return hasFlag(meta.flags ?? [], `\\${term.flag}`) === term.set;
    case 'keyword':
      return hasFlag(meta.flags ?? [], term.keyword) === term.set;
    default:
      return true;
  }
}

test('SEARCH lets through every message that the policy selects, whatever zone the server keeps', () => {
  fc.assert(
    fc.property(anyMatch, anyMessage, (match, { meta, zone }) => {
      if (evaluate(match, meta, context).verdict !== 'yes') return;
      for (const term of narrow(match, context))
        assert.ok(serverFinds(term, meta, zone), JSON.stringify({ match, term }));
    }),
    { numRuns: 3000 },
  );
});

test('SEARCH is narrowed by age, size and flags', () => {
  const match: Match = {
    kind: 'all',
    of: [
      olderThan(30),
      { kind: 'largerThan', bytes: bytes(5) },
      { kind: 'not', of: { kind: 'flag', flag: 'flagged' } },
    ],
  };
  assert.deepEqual(narrow(match, context), [
    { kind: 'before', day: new Date('2026-05-18T00:00:00Z') },
    { kind: 'larger', bytes: 5 },
    { kind: 'flag', flag: 'flagged', set: false },
  ]);
});
