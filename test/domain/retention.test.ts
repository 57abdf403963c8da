import assert from 'node:assert/strict';
import test from 'node:test';
import type { Duration, Policy } from '../../src/domain/policy.ts';
import { longestRetain } from '../../src/domain/retention.ts';
import { olderThan, policy } from './subjects.ts';

function archiving(to: string, retain: Duration | null): Policy {
  const plain = policy(olderThan(30));
  return { ...plain, archive: { ...plain.archive, to }, retain };
}

test('a store keeps what the most patient of its policies keeps, and for ever when one says nothing', () => {
  const month = { count: 1, unit: 'mo' } as const;
  const days = { count: 40, unit: 'd' } as const;
  const others = [archiving('b', null), archiving('a', month), archiving('a', days)];
  assert.deepEqual(longestRetain(others, [], 'a'), days);
  assert.equal(longestRetain(others, [], 'b'), null);
  assert.equal(longestRetain(others, [], 'c'), null);
  assert.equal(longestRetain([...others, archiving('a', null)], [], 'a'), null);
});

test('a hold has no end, so a store keeps everything for ever while there is one', () => {
  const month = { count: 1, unit: 'mo' } as const;
  const hold = { name: 'case-4711', accounts: { include: ['bob'], exclude: [] }, match: null };
  assert.equal(longestRetain([archiving('a', month)], [hold], 'a'), null);
});
