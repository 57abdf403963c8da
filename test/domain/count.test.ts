import assert from 'node:assert/strict';
import test from 'node:test';
import { count, countOf } from '../../src/domain/count.ts';

test('numbers have thousands separators', () => assert.equal(count(1234567), '1,234,567'));

test('one thing is singular, none and many are plural', () => {
  assert.deepEqual(
    [0, 1, 1200].map((value) => countOf(value, 'message')),
    ['0 messages', '1 message', '1,200 messages'],
  );
  assert.equal(countOf(2, 'policy', 'policies'), '2 policies');
});
