import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { gathering, matchedSince } from '../../src/domain/gathering.ts';
import type { Match, Policy } from '../../src/domain/policy.ts';
import { context, daysAgo, message, type MessageParts, now, olderThan, policy } from './subjects.ts';

const gather = { minBytes: bytes(10_000), maxWait: { count: 14, unit: 'd' } } as const;
const patient = (changes: Partial<Policy> = {}): Policy => {
  const plain = policy(olderThan(30), changes);
  return { ...plain, archive: { ...plain.archive, gather } };
};
const ready = (size: number, days: number) => ({ size: bytes(size), since: daysAgo(days) });

test('a small selection waits, and says until when', () => {
  const until = new Date(now.getTime() + 4 * 86_400_000).toISOString().slice(0, 10);
  assert.equal(
    gathering(patient(), [ready(5_000, 3), ready(4_999, 10)], now),
    `gathering until 9.8 KiB or ${until}`,
  );
});

const goes: readonly (readonly [name: string, policy: Policy, ready: readonly ReturnType<typeof ready>[]])[] =
  [
    ['enough octets go at once', patient(), [ready(5_000, 0), ready(5_000, 0)]],
    ['what has waited long enough goes, with all that joined it', patient(), [ready(1, 14), ready(1, 0)]],
    ['a policy that does not gather never waits', policy(olderThan(30)), [ready(1, 0)]],
    ['a drain never waits', patient({ when: { quotaAbove: 90 }, drainTo: 75 }), [ready(1, 0)]],
    ['where nothing is ready nothing waits', patient(), []],
  ];

for (const [name, given, messages] of goes) {
  test(name, () => assert.equal(gathering(given, messages, now), null));
}

const large: Match = { kind: 'largerThan', bytes: bytes(10) };
const sent: Match = { kind: 'olderThan', age: { count: 50, unit: 'd' }, from: 'sent' };
const sentLately = { headers: { date: [daysAgo(60).toUTCString().replace('GMT', '+0000')] } };

/** Of a message that came 100 days ago: how many days ago it began to match. */
const sinces: readonly (readonly [name: string, match: Match, days: number, parts?: MessageParts])[] = [
  ['an age condition counts from the day it came true', olderThan(30), 70],
  ['another condition counts from the day the message came', large, 100],
  ['of several that must all hold the last one counts', { kind: 'all', of: [large, olderThan(30)] }, 70],
  ['of alternatives the first one counts', { kind: 'any', of: [olderThan(30), olderThan(60)] }, 70],
  [
    'an alternative that does not hold is no reason',
    { kind: 'any', of: [{ kind: 'flag', flag: 'seen' }, olderThan(30)] },
    70,
  ],
  ['what is negated counts from the day the message came', { kind: 'not', of: olderThan(300) }, 100],
  ['an age of the Date header counts from that', sent, 10, sentLately],
];

for (const [name, match, days, parts] of sinces) {
  test(name, () => {
    const since = matchedSince(match, message(parts), context);
    assert.equal(Math.round((now.getTime() - since.getTime()) / 86_400_000), days);
  });
}
