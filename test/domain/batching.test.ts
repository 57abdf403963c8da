import assert from 'node:assert/strict';
import test from 'node:test';
import {
  apart,
  intoArchives,
  isAtFault,
  maxArchiveMessages,
  usualArchiveBytes,
} from '../../src/domain/batching.ts';
import { bytes, uid, type Uid } from '../../src/domain/brands.ts';

const sizes = (list: readonly number[]): readonly { readonly size: ReturnType<typeof bytes> }[] =>
  list.map((size) => ({ size: bytes(size) }));
const counts = (list: readonly number[]): readonly number[] =>
  intoArchives(sizes(list)).map((archive) => archive.length);

test('no messages make no archive', () => assert.deepEqual(counts([]), []));

test('an archive is full at 64 MiB of mail', () => {
  assert.deepEqual(counts([usualArchiveBytes - 1, 1, 1]), [2, 1]);
});

test('an archive is full at 2,500 messages', () => {
  assert.deepEqual(counts(Array.from({ length: maxArchiveMessages + 1 }, () => 1)), [maxArchiveMessages, 1]);
});

test('a message larger than an archive gets one of its own', () => {
  assert.deepEqual(counts([5, usualArchiveBytes * 2, 5]), [1, 1, 1]);
});

test('messages whose archives failed twice go in halves, until one bad message is alone', () => {
  const all = [1, 2, 3, 4, 5, 6, 7].map((number) => ({ uid: uid(number) }));
  const bad = uid(6);
  const failures = new Map<Uid, { readonly times: number }>();
  const parts = (): readonly (readonly number[])[] =>
    apart(
      all.filter(({ uid: one }) => !done.has(one)),
      failures,
    ).map((part) => part.map((message) => message.uid));
  const done = new Set<number>();
  const seen: string[] = [];
  for (let round = 1; round <= 5; round += 1) {
    for (const part of parts()) {
      seen.push(part.join(' '));
      if (!part.includes(bad)) for (const one of part) done.add(one);
      else
        for (const one of part) failures.set(uid(one), { times: (failures.get(uid(one))?.times ?? 0) + 1 });
    }
  }
  assert.deepEqual(seen, ['1 2 3 4 5 6 7', '1 2 3 4 5 6 7', '1 2 3 4', '5 6 7', '5 6', '7', '5', '6']);
  assert.deepEqual([isAtFault(1), isAtFault(failures.get(bad)?.times ?? 0)], [false, true]);
});
