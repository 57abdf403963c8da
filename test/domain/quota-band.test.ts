import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { fullestPercent, quotaBand } from '../../src/domain/quota-band.ts';
import type { QuotaRoot } from '../../src/domain/quota.ts';

function root(used: number, limit: number | null, message: QuotaRoot['message'] = null): QuotaRoot {
  const storage = { used: bytes(used), limit: limit === null ? null : bytes(limit) };
  return { name: 'User', storage, message, folders: [] };
}

test('a bound belongs to the band above it', () => {
  const table: readonly (readonly [number, string])[] = [
    [0, '0-50'],
    [49, '0-50'],
    [50, '50-80'],
    [80, '80-90'],
    [90, '90-95'],
    [95, '95-100'],
    [99, '95-100'],
    [100, 'over'],
    [250, 'over'],
  ];
  for (const [used, band] of table) assert.equal(quotaBand([root(used, 100)]), band, String(used));
});

test('the fullest resource of all roots decides, and what has no limit does not count', () => {
  const roots = [root(10, 100), root(9_000, null, { used: 7, limit: 10 })];
  assert.equal(fullestPercent(roots), 70);
  assert.equal(quotaBand(roots), '50-80');
});

test('no limit and no report are told apart', () => {
  assert.equal(quotaBand([root(5, null)]), 'unlimited');
  assert.equal(quotaBand([root(5, 0)]), 'unlimited');
  assert.equal(quotaBand([]), 'unlimited');
  assert.equal(quotaBand(null), 'unknown');
});
