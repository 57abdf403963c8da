import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from '../../src/domain/suggest.ts';

const keys = ['olderThan', 'largerThan', 'flag', 'from', 'to', 'subject'];

test('a slip of the keyboard finds the key that was meant', () => {
  const table: readonly (readonly [string, string])[] = [
    ['olderThen', 'olderThan'],
    ['OLDERTHAN', 'olderThan'],
    ['older_than', 'olderThan'],
    ['lagrerThan', 'largerThan'],
    ['form', 'from'],
    ['flags', 'flag'],
    ['subjct', 'subject'],
  ];
  for (const [typed, meant] of table) assert.equal(nearest(typed, keys), meant, typed);
});

test('a word far from every key suggests nothing', () => {
  for (const typed of ['retention', 'zz', '']) assert.equal(nearest(typed, keys), null, typed);
});

test('the distance counts swaps of neighbours as one edit', () => {
  assert.equal(editDistance('from', 'form'), 1);
  assert.equal(editDistance('ca', 'abc'), 3);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('the distance is symmetric, and zero for equal words only', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      return (
        distance === editDistance(b, a) &&
        (distance === 0) === (a === b) &&
        distance <= Math.max(a.length, b.length)
      );
    }),
  );
});
