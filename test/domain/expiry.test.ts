import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytes } from '../../src/domain/brands.ts';
import {
  decideExpiry,
  type ExpiryDetails,
  expiryExceeded,
  type ExpiryRecord,
  keptByRecord,
  lastingLock,
} from '../../src/domain/expiry.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { olderThan, policy } from './subjects.ts';

const now = new Date('2033-03-01T12:00:00Z');
const retaining = policy(olderThan(30), { retain: { count: 7, unit: 'y' } });
const record: ExpiryRecord = {
  policy: 'old',
  state: 'verified',
  stateReason: null,
  created: new Date('2026-03-01T11:00:00Z'),
};
const details: ExpiryDetails = {
  newest: new Date('2024-01-01T00:00:00Z'),
  pending: 0,
  deleting: 0,
  openBatch: false,
  held: null,
  lock: null,
};

interface Given {
  readonly record?: Partial<ExpiryRecord>;
  readonly details?: Partial<ExpiryDetails>;
  readonly policy?: Policy | null;
  readonly quarantined?: boolean;
}

function verdict(given: Given): string {
  const decision = decideExpiry(
    { ...record, ...given.record },
    { ...details, ...given.details },
    {
      policy: given.policy === undefined ? retaining : given.policy,
      now,
      quarantined: given.quarantined ?? false,
    },
  );
  return decision.kind === 'expire' ? 'expire' : decision.reason;
}

const until = new Date('2040-01-01T00:00:00Z');

const cases: readonly (readonly [name: string, given: Given, verdict: string])[] = [
  ['an archive goes when its retain has passed', {}, 'expire'],
  [
    'it stays a moment before that',
    { record: { created: new Date('2026-03-01T12:00:00.001Z') } },
    'younger than retain 7y',
  ],
  ['it goes at that very moment', { record: { created: new Date('2026-03-01T12:00:00Z') } }, 'expire'],
  [
    'the newest message counts when it is younger than the archive',
    { details: { newest: new Date('2026-03-02T00:00:00Z') } },
    'younger than retain 7y',
  ],
  [
    'a message dated in the future keeps its archive',
    { details: { newest: until } },
    'younger than retain 7y',
  ],
  [
    'messages without dates keep it',
    { details: { newest: null } },
    'the dates of its messages are not known',
  ],
  ['an archive without its policy stays', { policy: null }, 'its policy old is gone'],
  [
    'a policy without retain keeps for good',
    { policy: policy(olderThan(30)) },
    'its policy old has no retain',
  ],
  [
    'a policy in plan mode only reports',
    { policy: { ...retaining, mode: 'plan' } },
    'its policy old is in plan mode',
  ],
  ['what was never verified stays', { record: { state: 'sealed' } }, 'not verified yet'],
  ['what expired before is not counted again', { record: { state: 'expired' } }, 'expired already'],
  [
    'a quarantined archive stays, and says why it is quarantined',
    { record: { state: 'quarantined', stateReason: 'bytes differ' } },
    'quarantined: bytes differ',
  ],
  ['it goes when that is asked for', { record: { state: 'quarantined' }, quarantined: true }, 'expire'],
  [
    'being asked for quarantined ones makes none older',
    { record: { state: 'quarantined', created: now }, quarantined: true },
    'younger than retain 7y',
  ],
  [
    'mail that waits for its purge keeps its archive',
    { details: { pending: 1 } },
    'mail waits for its purge',
  ],
  ['an open intent keeps it', { details: { deleting: 1 } }, 'a deletion that it covers was interrupted'],
  ['an open batch keeps it', { details: { openBatch: true } }, 'an interrupted run is not finished yet'],
  ['a hold keeps it', { details: { held: 'case-4711' } }, 'held by case-4711'],
  [
    'an object lock keeps it, and says until when',
    { details: { lock: { mode: 'COMPLIANCE', until } } },
    'under object lock (COMPLIANCE) until 2040-01-01T00:00:00.000Z',
  ],
  [
    'a legal hold has no end',
    { details: { lock: { mode: 'legal hold', until: null } } },
    'under a legal hold',
  ],
];

for (const [name, given, expected] of cases) {
  test(name, () => assert.equal(verdict(given), expected));
}

test('calendar units end in the timezone of the policy', () => {
  // 23:30 on 28 February in New York is 1 March in UTC: there a month ends on 28 March, here on 1 April.
  const created = new Date('2026-03-01T04:30:00Z');
  const monthly = { ...retaining, retain: { count: 1, unit: 'mo' } as const };
  const rules = { now: new Date('2026-03-29T03:45:00Z'), quarantined: false };
  const eastern = { ...monthly, timezone: 'America/New_York' };
  assert.equal(keptByRecord({ ...record, created }, { ...rules, policy: eastern }), null);
  assert.equal(
    keptByRecord({ ...record, created }, { ...rules, policy: monthly }),
    'younger than retain 1mo',
  );
});

test('of several locks the one that ends last counts, and one without an end outlasts all', () => {
  const lock = (day: number) => ({ mode: 'GOVERNANCE', until: new Date(Date.UTC(2030, 0, day)) });
  assert.equal(lastingLock([]), null);
  assert.deepEqual(lastingLock([lock(1), lock(9), lock(3)]), lock(9));
  const hold = { mode: 'legal hold', until: null };
  assert.deepEqual(lastingLock([lock(1), hold, lock(3)]), hold);
});

const share = (archives: number, size: number) => ({ archives, bytes: bytes(size) });

test('a limit looks at archives and at bytes by themselves', () => {
  assert.deepEqual(expiryExceeded(share(2, 20), share(10, 100), 20), []);
  assert.deepEqual(expiryExceeded(share(0, 0), share(0, 0), 20), []);
  assert.deepEqual(expiryExceeded(share(3, 1), share(10, 100), 20), [
    { of: 'archives', allowed: 20, wanted: 30 },
  ]);
  assert.deepEqual(expiryExceeded(share(1, 21), share(10, 100), 20), [
    { of: 'bytes', allowed: 20, wanted: 21 },
  ]);
});

const dates = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const anyDetails = fc.record({
  newest: fc.option(dates),
  pending: fc.nat(2),
  deleting: fc.nat(2),
  openBatch: fc.boolean(),
  held: fc.option(fc.constant('a hold')),
  lock: fc.option(fc.record({ mode: fc.constant('COMPLIANCE'), until: fc.option(dates) })),
});
const anyRecord = fc.record({
  policy: fc.constant('old'),
  state: fc.constantFrom('sealed', 'verified', 'quarantined', 'expired'),
  stateReason: fc.constant(null),
  created: dates,
});
const retain = fc.option(
  fc.record({ count: fc.integer({ min: 1, max: 40 }), unit: fc.constantFrom('d', 'w', 'mo', 'y') }),
);

test('whatever goes is verified or asked for, free, and older than its retain by any reckoning', () => {
  const dayMs = 86_400_000;
  const atLeast = { d: dayMs, w: 7 * dayMs, mo: 28 * dayMs, y: 365 * dayMs };
  fc.assert(
    fc.property(anyRecord, anyDetails, retain, fc.boolean(), dates, (given, about, kept, quarantined, at) => {
      const rules = { policy: { ...retaining, retain: kept }, now: at, quarantined };
      const { kind } = decideExpiry(given, about, rules);
      const early = keptByRecord(given, rules);
      if (early !== null) assert.equal(kind, 'keep', 'the record alone never says less than the whole');
      if (kind === 'keep') return;
      assert.ok(given.state === 'verified' || (quarantined && given.state === 'quarantined'));
      assert.ok(about.held === null && about.lock === null);
      assert.ok(about.pending + about.deleting === 0 && !about.openBatch);
      assert.ok(kept !== null && about.newest !== null);
      const span = kept.count * atLeast[kept.unit];
      assert.ok(at.getTime() - given.created.getTime() >= span);
      assert.ok(at.getTime() - about.newest.getTime() >= span);
    }),
    { numRuns: 2000 },
  );
});
