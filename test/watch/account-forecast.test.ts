import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { QuotaSample } from '../../src/ports/watch.ts';
import { accountForecast, rootsOf } from '../../src/watch/account-forecast.ts';

const hourMs = 3_600_000;
const now = new Date('2026-06-01T00:00:00Z');

type Growth = { readonly bytes?: number; readonly limit?: number | null; readonly messages?: number };

/** Twenty samples an hour apart that end now at half of the limit. */
function root(
  name: string,
  { bytes: step = 0, limit = 100_000, messages = 0 }: Growth,
): readonly QuotaSample[] {
  return Array.from({ length: 20 }, (_, index) => ({
    server: 'main',
    account: 'alice',
    root: name,
    at: new Date(now.getTime() - (19 - index) * hourMs),
    usedBytes: bytes(50_000 - step * (19 - index)),
    limitBytes: limit === null ? null : bytes(limit),
    usedMessages: 500 - messages * (19 - index),
    limitMessages: messages === 0 ? null : 1_000,
  }));
}

test('the quota root and the resource that fill up first decide', () => {
  const hours = (samples: readonly QuotaSample[]): number => {
    const found = accountForecast(samples, now);
    assert.ok(found.kind === 'full');
    return (found.at.getTime() - now.getTime()) / hourMs;
  };
  assert.equal(hours(root('a', { bytes: 1_000 })), 50);
  assert.equal(hours([...root('a', { bytes: 100 }), ...root('b', { bytes: 1_000 })]), 50);
  assert.equal(hours(root('a', { bytes: 1_000, messages: 20 })), 25);
});

test('without a root that fills up, it is said why', () => {
  const gone = root('gone', { bytes: 1_000 }).slice(0, 15);
  const kinds = [
    [[], 'unknown'],
    [root('a', {}), 'not growing'],
    [root('a', { bytes: 1_000, limit: null }), 'no limit'],
    [root('a', { bytes: 1_000 }).slice(-2), 'unknown'],
    [[...root('a', {}), ...gone], 'not growing'],
  ] as const;
  for (const [samples, kind] of kinds) assert.equal(accountForecast(samples, now).kind, kind);
});

test('samples become the roots that they were read from', () => {
  const [sample] = root('a', { messages: 1 }).slice(-1);
  assert.ok(sample);
  assert.deepEqual(rootsOf([sample, { ...sample, root: 'b', usedBytes: null, usedMessages: null }]), [
    {
      name: 'a',
      storage: { used: 50_000, limit: 100_000 },
      message: { used: 500, limit: 1_000 },
      folders: [],
    },
    { name: 'b', storage: null, message: null, folders: [] },
  ]);
  assert.equal(rootsOf([]), null);
});
