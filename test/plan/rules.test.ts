/** The rules of the day: the first look and the recheck decide by the same ones. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { bytes, uid, uidValidity } from '../../src/domain/brands.ts';
import type { Folder } from '../../src/domain/folder.ts';
import type { Hold, Match, Policy } from '../../src/domain/policy.ts';
import { encodeReason } from '../../src/domain/reason.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { inScope } from '../../src/plan/rules.ts';
import { recheck } from '../../src/purge/recheck.ts';
import { Ledger } from '../../src/work/ledger.ts';
import type { LockedWork } from '../../src/work/locked-work.ts';
import { digest } from '../contract/catalog-samples.ts';
import { archiveMail, deleting, onlyDue, pass } from '../purge/purge-world.ts';
import { type ScriptedMessage, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

/** Messages with all that rules ask about; the catalog says more of the last ones. */
const mail: readonly Partial<ScriptedMessage>[] = [
  {},
  { flags: ['\\Seen'] },
  { flags: ['\\Flagged', '\\Seen'] },
  { flags: ['\\Draft'] },
  { flags: ['$Keep'] },
  { internalDate: '01-Mar-2026 10:00:00 +0000', flags: ['\\Seen'] },
  { body: `Subject: large\r\nDate: Wed, 1 Jan 2020 10:00:00 +0000\r\n\r\n${'x'.repeat(5_000)}\r\n` },
  { body: 'X-Mothball-Notice: 1\r\nSubject: notice\r\n\r\n\r\n', flags: ['\\Seen'] },
  { body: 'X-Mothball-Notice: 1\r\nSubject: notice\r\n\r\n\r\n' },
  { flags: ['\\Seen'] },
  { flags: ['\\Seen'] },
  {},
];
const restored = { days5: 10, days20: 11 };
const noticeUid = 12;

async function archived(t: TestContext): Promise<AccountWorld> {
  const messages = mail.map((parts, index) => scriptedMessage(index + 1, parts));
  const world = await accountWorld(t, { folders: { INBOX: { messages } } });
  const everything: Match = {
    kind: 'any',
    of: [
      { kind: 'flag', flag: 'flagged' },
      { kind: 'flag', flag: 'draft' },
      { kind: 'largerThan', bytes: bytes(1) },
    ],
  };
  await archiveMail(world, { ...usual, match: everything });
  pass(world, 8);
  const { catalog, account } = world;
  const place = { ...account, folder: 'INBOX', uidValidity: uidValidity(7) };
  const ago = (days: number): Date => new Date(world.now.getTime() - days * 86_400_000);
  const made = { ...place, sha256: digest('it'), outcome: 'restored', detail: null } as const;
  await catalog.addRestores([
    { ...made, uid: uid(restored.days5), at: ago(5) },
    { ...made, uid: uid(restored.days20), at: ago(20) },
  ]);
  const notice = { ...account, id: 'n1', policy: 'old', at: ago(30), folder: 'INBOX' };
  assert.ok(await catalog.beginNotice(notice, ago(60)));
  await catalog.settleNotice('n1', { state: 'sent', uid: uid(noticeUid), uidValidity: uidValidity(7) });
  return world;
}

const simple: fc.Arbitrary<Match> = fc.constantFrom<Match>(
  ...([1, 200, 3_000] as const).flatMap((count) =>
    (['received', 'sent', 'saved'] as const).map((from): Match => ({
      kind: 'olderThan',
      age: { count, unit: 'd' },
      from,
    })),
  ),
  { kind: 'largerThan', bytes: bytes(1_000) },
  { kind: 'flag', flag: 'flagged' },
  { kind: 'flag', flag: 'draft' },
  { kind: 'flag', flag: 'seen' },
  { kind: 'keyword', keyword: '$Keep' },
  { kind: 'unseen' },
  { kind: 'header', name: 'subject', globs: ['message 1*', 'large'] },
  { kind: 'header', name: 'list-id', globs: ['*'] },
);
const anyMatch = fc.oneof(
  simple,
  fc
    .tuple(fc.constantFrom('all', 'any'), fc.array(simple, { minLength: 1, maxLength: 3 }))
    .map(([kind, of]): Match => ({ kind, of })),
  simple.map((of): Match => ({ kind: 'not', of })),
);
const anyHold: fc.Arbitrary<Hold> = fc
  .tuple(fc.constantFrom('bob', 'carol', '*'), fc.option(simple))
  .map(([who, match]) => ({ name: `for ${who}`, accounts: { include: [who], exclude: [] }, match }));
const notify = {
  template: null,
  subject: null,
  from: null,
  every: { count: 7, unit: 'd' },
  nearFull: 90,
} as const;

interface Sources {
  readonly policy: Policy;
  readonly holds: readonly Hold[];
  readonly quarantined: readonly number[];
}

const anySources: fc.Arbitrary<Sources> = fc
  .tuple(
    anyMatch,
    fc.array(anyHold, { maxLength: 2 }),
    fc.constantFrom(1, 10, 30),
    fc.boolean(),
    fc.subarray(
      mail.map((_, index) => index + 1),
      { maxLength: 3 },
    ),
  )
  .map(([match, holds, keep, notifies, quarantined]) => ({
    policy: { ...usual, match, restoredKeep: { count: keep, unit: 'd' }, notify: notifies ? notify : null },
    holds,
    quarantined,
  }));

interface Verdicts {
  readonly leaves: readonly number[];
  readonly stays: readonly string[];
}

/** Under another name, so that nothing is archived yet. */
async function firstLook(work: LockedWork, { policy, holds }: Sources): Promise<Verdicts> {
  const { account, catalog, connection, clock } = work;
  const fresh = { ...policy, name: 'new' };
  const session = await connection.session();
  const plan = await makePlan({ account, session, catalog, policy: fresh, holds, now: clock.now() });
  return {
    leaves: plan.folders.flatMap(({ messages }) => messages.map((message) => Number(message.uid))),
    stays: plan.folders
      .flatMap(({ kept }) => kept.map(({ reason, messages }) => `${messages} ${encodeReason(reason)}`))
      .toSorted(),
  };
}

async function secondLook(work: LockedWork, world: AccountWorld, { policy }: Sources): Promise<Verdicts> {
  const due = await onlyDue(world, deleting(policy));
  const checked = await recheck({ work, ledger: new Ledger(), usageBefore: [] }, due);
  assert.deepEqual([checked.gone, checked.waiting], [[], []]);
  return {
    leaves: checked.targets.map(({ entry }) => Number(entry.uid)),
    stays: checked.abandoned
      // The first look does not report what does not match: it is most of a mailbox.
      .filter(({ reason }) => reason.code !== 'no-match')
      .map(({ reason, entries }) => `${entries.length} ${encodeReason(reason)}`)
      .toSorted(),
  };
}

test('the first look and the recheck give the same verdict on the same message, whatever the rules', async (t) => {
  const world = await archived(t);
  const place = { ...world.account, folder: 'INBOX', uidValidity: uidValidity(7), mailboxId: null };
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anySources, async (sources) => {
      world.policies = [sources.policy];
      world.holds = sources.holds;
      await world.catalog.liftQuarantine(await world.catalog.quarantineList());
      for (const number of sources.quarantined)
        await world.catalog.quarantineUid({ ...place, uid: uid(number), reason: 'odd', at: world.now });
      await world.locked(async (work) => {
        const first = await firstLook(work, sources);
        assert.deepEqual(await secondLook(work, world, sources), first);
        for (const line of first.stays) seen.add(/^\d+ ([a-z-]+)/.exec(line)?.[1] ?? line);
        if (first.leaves.length > 0) seen.add('leaves');
      });
    }),
    { numRuns: 150 },
  );
  // It would prove little if the rules decided nothing.
  const all = [
    'draft',
    'flagged',
    'held',
    'leaves',
    'notice-unread',
    'quarantined',
    'restored',
    'undecidable',
  ];
  assert.deepEqual([...seen].toSorted(), all);
});

const folder: Folder = {
  path: 'Lists',
  name: 'Lists',
  delimiter: '/',
  namespace: 'personal',
  roles: [],
  selectable: true,
  mirror: false,
};

for (const [what, changes, covered] of [
  ['a folder that it includes', {}, true],
  ['a folder that can not be opened', { selectable: false }, false],
  ['a folder that mirrors others', { mirror: true }, false],
  ['a folder that is shared', { namespace: 'shared' }, false],
  ['a folder of another person', { namespace: 'other' }, false],
  ['a folder that it excludes', { path: 'Secret', name: 'Secret' }, false],
] as const) {
  test(`a policy ${covered ? 'looks' : 'does not look'} at ${what}`, () => {
    const folders: Policy['folders'] = { include: ['**'], exclude: ['Secret'], namespaces: ['personal'] };
    assert.equal(inScope({ ...folder, ...changes }, { ...usual, folders }), covered);
  });
}
