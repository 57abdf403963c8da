import assert from 'node:assert/strict';
import test from 'node:test';
import { intoArchives, maxArchiveBytes, maxArchiveMessages } from '../../src/domain/batching.ts';
import { bytes } from '../../src/domain/brands.ts';

const sizes = (list: readonly number[]): readonly { readonly size: ReturnType<typeof bytes> }[] =>
  list.map((size) => ({ size: bytes(size) }));
const counts = (list: readonly number[]): readonly number[] =>
  intoArchives(sizes(list)).map((archive) => archive.length);

test('no messages make no archive', () => assert.deepEqual(counts([]), []));

test('an archive is full at 256 MiB of mail', () => {
  assert.deepEqual(counts([maxArchiveBytes - 1, 1, 1]), [2, 1]);
});

test('an archive is full at 10,000 messages', () => {
  assert.deepEqual(counts(Array.from({ length: maxArchiveMessages + 1 }, () => 1)), [maxArchiveMessages, 1]);
});

test('a message larger than an archive gets one of its own', () => {
  assert.deepEqual(counts([5, maxArchiveBytes * 2, 5]), [1, 1, 1]);
});
