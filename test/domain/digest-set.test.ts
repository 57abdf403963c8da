import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { sha256 } from '../../src/domain/brands.ts';
import { DigestSet } from '../../src/domain/digest-set.ts';

const digest = (text: string) => sha256(createHash('sha256').update(text).digest('hex'));

test('a set of digests knows those that were added, however many and however alike, and no others', () => {
  const set = new DigestSet();
  // Equal in all but the last byte, they want the same place.
  const alike = Array.from({ length: 200 }, (_, number) =>
    sha256(`${'0'.repeat(62)}${number.toString(16).padStart(2, '0')}`),
  );
  const added = [...Array.from({ length: 5000 }, (_, number) => digest(`in ${number}`)), ...alike];
  for (const one of added) set.add(one);
  for (const one of added) set.add(one);
  for (const one of added) assert.ok(set.has(one));
  for (let number = 0; number < 5000; number += 1) assert.ok(!set.has(digest(`out ${number}`)));
  assert.ok(!set.has(sha256(`${'0'.repeat(62)}ff`)));
  assert.ok(!new DigestSet().has(sha256('0'.repeat(64))));
});
