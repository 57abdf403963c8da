import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { removeOldCanaries } from '../../src/expire/canaries.ts';
import type { StoreObject } from '../../src/ports/store.ts';

test('canaries older than a week are removed, and nothing else', async () => {
  const directory = '.mothball/canary/';
  const keys = ['2026-11-01-a', '2026-11-12-b', '2026-11-20-c', 'notes', '2026-99-99-d'];
  const removed: string[] = [];
  const store = {
    async *list(prefix: string): AsyncGenerator<StoreObject> {
      assert.equal(prefix, directory);
      for (const key of keys) yield { key: `${directory}${key}`, bytes: bytes(4096), version: null };
    },
    async remove(key: string): Promise<void> {
      removed.push(key);
    },
  };
  const now = new Date('2026-11-20T04:00:00Z');
  assert.equal(await removeOldCanaries(store, now, new AbortController().signal), 2);
  assert.deepEqual(removed, [`${directory}2026-11-01-a`, `${directory}2026-11-12-b`]);
});
