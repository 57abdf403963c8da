import assert from 'node:assert/strict';
import test from 'node:test';
import { uid, type Uid } from '../../src/domain/brands.ts';
import { noNotices, type NoticeMarks } from '../../src/domain/notice-mark.ts';
import type { Match, Policy } from '../../src/domain/policy.ts';
import { decide, heldBy, holdsOn, mayWant, recordedHeaders } from '../../src/domain/selection.ts';
import { context, message, type MessageParts, now, olderThan, policy } from './subjects.ts';

const rivalHold = {
  name: 'case-4711',
  accounts: { include: ['bob@*'], exclude: [] },
  match: { kind: 'header', name: 'from', globs: ['*@rival.example'] },
} as const;

interface Circumstances {
  readonly policy?: Policy;
  readonly restored?: readonly Uid[];
  readonly quarantined?: readonly (readonly [Uid, string])[];
  readonly holds?: readonly (typeof rivalHold)[];
  readonly notices?: NoticeMarks;
}

function verdict(parts: MessageParts, given: Circumstances = {}): string {
  const decision = decide(message(parts), {
    policy: given.policy ?? policy(olderThan(30)),
    holds: given.holds ?? [],
    now,
    restored: new Set(given.restored),
    quarantined: new Map(given.quarantined),
    notices: given.notices ?? noNotices,
  });
  return decision.kind === 'selected' ? 'selected' : decision.reason;
}

const cases: readonly (readonly [
  name: string,
  parts: MessageParts,
  given: Circumstances,
  verdict: string,
])[] = [
  ['an old plain message is selected', {}, {}, 'selected'],
  ['flagged mail stays', { flags: ['\\Flagged'] }, {}, 'flagged'],
  ['drafts stay', { flags: ['\\draft'] }, {}, 'draft'],
  ['mail that another client marked \\Deleted stays', { flags: ['\\deleted'] }, {}, 'deleted'],
  [
    'flagged mail leaves when the policy names the flag',
    { flags: ['\\flagged'] },
    { policy: policy({ kind: 'flag', flag: 'flagged' }) },
    'selected',
  ],
  ['a message without a size stays', { size: null }, {}, 'size unknown'],
  [
    'a message without INTERNALDATE stays, whatever the policy asks',
    { internalDate: null },
    { policy: policy({ kind: 'unseen' }) },
    'INTERNALDATE missing or implausible',
  ],
  ['restored mail stays', {}, { restored: [uid(1)] }, 'restored'],
  ['quarantined mail stays', {}, { quarantined: [[uid(1), 'short literal']] }, 'quarantined: short literal'],
  [
    'held mail stays',
    { headers: { from: ['a@rival.example'] } },
    { holds: [rivalHold] },
    'held by case-4711',
  ],
  ['mail of which a hold can not be decided stays', {}, { holds: [rivalHold] }, 'held by case-4711'],
  [
    'mail that no hold names is selected',
    { headers: { from: ['a@friend.example'] } },
    { holds: [rivalHold] },
    'selected',
  ],
  [
    'held mail may be archived by a policy that does not delete',
    {},
    { holds: [rivalHold], policy: policy(olderThan(30), { delete: null }) },
    'selected',
  ],
  [
    'what can not be decided stays',
    {},
    { policy: policy({ kind: 'not', of: rivalHold.match }) },
    'undecidable: not (header from unknown)',
  ],
];

for (const [name, parts, given, expected] of cases) {
  test(name, () => assert.equal(verdict(parts, given), expected));
}

test('a hold without a match holds every message of its accounts', () => {
  assert.equal(
    heldBy(message(), [{ name: 'all', accounts: { include: ['*'], exclude: [] }, match: null }], context),
    'all',
  );
});

test('holds cover the accounts they name', () => {
  const own = { namespace: 'personal' } as const;
  assert.deepEqual(holdsOn('bob@example.com', own, [rivalHold]), [rivalHold]);
  assert.deepEqual(holdsOn('alice@example.com', own, [rivalHold]), []);
});

test('in a shared folder every hold counts: its owner is somebody else', () => {
  assert.deepEqual(holdsOn('alice@example.com', { namespace: 'other' }, [rivalHold]), [rivalHold]);
});

test('manifests record every header that a policy or a hold looks at', () => {
  const subject: Match = { kind: 'header', name: 'subject', globs: ['*'] };
  assert.deepEqual(recordedHeaders([policy(subject)], [rivalHold]), ['from', 'subject']);
});

for (const [name, parts, marks, expected] of [
  ['an unread notice stays, by its UID', { uid: 5 }, { uids: [5], look: false }, 'notice not read yet'],
  [
    'a read notice leaves like other mail',
    { uid: 5, flags: ['\\seen'] },
    { uids: [5], look: true },
    'selected',
  ],
  [
    'an unread notice stays, by its header',
    { headers: { 'x-mothball-notice': ['id'] } },
    { uids: [], look: true },
    'notice not read yet',
  ],
  [
    'unread mail that is no notice leaves',
    { headers: { 'x-mothball-notice': [] } },
    { uids: [5], look: true },
    'selected',
  ],
  [
    'what may be a notice stays',
    {},
    { uids: [], look: true },
    'undecidable: not known whether it is a notice',
  ],
  ['where no notice was sent, none is looked for', {}, { uids: [], look: false }, 'selected'],
] as const) {
  test(name, () => {
    const notices = { uids: new Set(marks.uids.map(uid)), look: marks.look };
    assert.equal(verdict(parts, { notices }), expected);
  });
}

test('a policy may want what it selects and what it can not decide, not what its match or a flag keeps', () => {
  const rivals = policy(rivalHold.match);
  const from = (who: string): MessageParts => ({ headers: { from: [who] } });
  assert.equal(mayWant(message(from('spy@rival.example')), rivals, now), true);
  assert.equal(mayWant(message(), rivals, now), true, 'its headers are unknown');
  assert.equal(mayWant(message(from('ada@example.org')), rivals, now), false);
  assert.equal(mayWant(message({ flags: ['\\Flagged'] }), rivals, now), false);
});
