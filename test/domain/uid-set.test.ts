import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { uid, type Uid } from '../../src/domain/brands.ts';
import { parseUidSet, uidSets } from '../../src/domain/uid-set.ts';

const uids = (...numbers: number[]): Uid[] => numbers.map(uid);

test('ranges span consecutive UIDs only', () => {
  const cases: readonly (readonly [number[], string])[] = [
    [[1], '1'],
    [[1, 2, 3], '1:3'],
    [[3, 1, 2, 2], '1:3'],
    [[1, 3, 5], '1,3,5'],
    [[1, 2, 4, 5, 9], '1:2,4:5,9'],
    [[4294967294, 4294967295], '4294967294:4294967295'],
  ];
  for (const [given, set] of cases)
    assert.deepEqual(
      uidSets(uids(...given)).map((part) => part.set),
      [set],
    );
});

test('no UIDs give no set', () => {
  assert.deepEqual(uidSets([]), []);
});

test('a set holds at most the UIDs and characters asked for', () => {
  assert.deepEqual(
    uidSets(uids(1, 2, 3, 4, 5), 2).map(({ set }) => set),
    ['1:2', '3:4', '5'],
  );
  assert.deepEqual(
    uidSets(uids(10, 12, 14, 16), 100, 6).map(({ set }) => set),
    ['10,12', '14,16'],
  );
});

test('sets name each given UID once and no other, within both bounds', () => {
  const property = fc.property(
    fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 300 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 12, max: 60 }),
    (numbers, maxUids, maxChars) => {
      const sets = uidSets(numbers.map(uid), maxUids, maxChars);
      const named = sets.flatMap(({ set }) => [...(parseUidSet(set, 1000) ?? [])]);
      assert.deepEqual(
        named,
        [...new Set(numbers)].sort((a, b) => a - b),
      );
      assert.deepEqual(
        sets.flatMap((part) => [...part.uids]),
        named,
      );
      for (const part of sets) assert.ok(part.uids.length <= maxUids && part.set.length <= maxChars);
    },
  );
  fc.assert(property);
});

test('a set from a server keeps its order, and ranges may run downwards', () => {
  assert.deepEqual(parseUidSet('5,1:3,9:7', 100), [5, 1, 2, 3, 9, 8, 7]);
});

test('what is no set of UIDs, or names too many, is refused', () => {
  for (const text of ['', '0', '*', '1:*', '1,', 'a', '1:4294967295', '4294967296', '1;2', ' 1', '$']) {
    assert.equal(parseUidSet(text, 100), null, text);
  }
});
