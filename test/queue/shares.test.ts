import assert from 'node:assert/strict';
import test from 'node:test';
import { sharesOf } from '../../src/queue/shares.ts';

const shares = (wanted: Readonly<Record<string, number>>, most: number): Record<string, number> =>
  Object.fromEntries(sharesOf(new Map(Object.entries(wanted)), most));

test('servers that together want no more than there is get what they want', () => {
  assert.deepEqual(shares({ a: 12, b: 4 }, 16), { a: 12, b: 4 });
  assert.deepEqual(shares({}, 16), {});
});

test('what a server does not want the others share', () => {
  assert.deepEqual(shares({ big: 100, small: 2, middle: 20 }, 32), { small: 2, middle: 15, big: 15 });
});

test('each server has one, even where there are more of them than places', () => {
  assert.deepEqual(shares({ a: 4, b: 4, c: 4 }, 2), { a: 1, b: 1, c: 1 });
});
