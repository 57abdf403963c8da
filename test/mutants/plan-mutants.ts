import type { Mutant } from './mutant.ts';

/** Ways to plan too much, to work without a lock that is proved, or to leave undone what a crash began. */
export const planMutants: readonly Mutant[] = [
  {
    name: 'selects for one mailbox what an override keeps there',
    patches: [
      {
        file: 'domain/override.ts',
        from: "match: match === null ? policy.match : { kind: 'all', of: [policy.match, match] },",
        to: 'match: policy.match,',
      },
    ],
    caughtBy: 'overrideMatch',
  },
  {
    name: 'rechecks by other policies as they are for all mailboxes',
    patches: [
      {
        file: 'compose.ts',
        from: 'policies: policiesFor(policies, account.account), holds',
        to: 'policies, holds',
      },
    ],
    caughtBy: 'overrideOthers',
  },
  {
    name: 'forgets overrides where a schedule runs its policies',
    patches: [
      {
        file: 'daemon/due-policies.ts',
        from: '[policyFor(policy, account.account)]',
        to: '[policy]',
      },
    ],
    caughtBy: 'overrideDaemon',
  },
  {
    name: 'removes archives of a mailbox whose override keeps them',
    patches: [
      {
        file: 'domain/override.ts',
        from: 'const keep = retain === null ? policy.retain : laterEnd(policy.retain, retain);',
        to: 'const keep = retain === null ? policy.retain : laterEnd(policy.retain, policy.retain ?? retain);',
      },
    ],
    caughtBy: 'overrideRetain',
  },
  {
    name: 'lets days end a grace before the months that an override asks for',
    patches: [{ file: 'domain/term.ts', from: '{ laterOf: [days, calendar] }', to: 'days' }],
    caughtBy: 'overrideMonths',
  },
  {
    name: 'takes a year for 365 days where clocks change',
    patches: [{ file: 'domain/term.ts', from: 'const zoneDays = 2;', to: 'const zoneDays = 0;' }],
    caughtBy: 'overrideClocks',
  },
  {
    name: 'has one hash for overrides in any order',
    patches: [
      { file: 'domain/override.ts', from: 'rotated(BigInt(`0x${part}`), index)', to: 'BigInt(`0x${part}`)' },
    ],
    caughtBy: 'overrideOrder',
  },
  {
    name: 'checks limits against what a plan lists, not against all that it selects',
    patches: [
      {
        file: 'domain/plan.ts',
        from: 'return beyond === undefined ? listed : sumSizes([listed, beyond]);',
        to: 'return beyond === undefined ? listed : sumSizes([listed]);',
      },
    ],
    caughtBy: 'planBeyond',
  },
  {
    name: 'counts as about to be freed what its owner deleted meanwhile',
    patches: [
      {
        file: 'plan/waiting.ts',
        from: 'there = await present(session, folder);',
        to: 'await present(session, folder);',
      },
    ],
    caughtBy: 'drainGone',
  },
  {
    name: 'takes a folder that was made again for the one in which mail waits',
    patches: [
      {
        file: 'plan/waiting.ts',
        from: 'if (!sameFolder(await session.examine(folder.path), folder)) return [];',
        to: 'await session.examine(folder.path);',
      },
    ],
    caughtBy: 'drainRecreated',
  },
  {
    name: 'takes a row that is only missing for mail that is gone',
    patches: [
      {
        file: 'plan/waiting.ts',
        from: 'session.fetchMeta(uids, { complete: true })',
        to: 'session.fetchMeta(uids)',
      },
    ],
    caughtBy: 'drainMissingRow',
  },
  {
    name: 'permits changes on an old proof of its lease',
    patches: [
      {
        file: 'catalog/postgres/leases.ts',
        from: 'this.#ended.signal.aborted || ageOf(this.#proved) >= proofMs',
        to: 'this.#ended.signal.aborted',
      },
    ],
    caughtBy: 'oldProof',
  },
  {
    name: 'takes a lease over from the living',
    patches: [
      {
        file: 'catalog/postgres/leases.ts',
        from: 'held.expires > held.now && !isDead(held)',
        to: 'held.expires > held.now && isDead(held)',
      },
    ],
    caughtBy: 'oneLease',
  },
  {
    name: 'takes a process for dead whose /proc is hidden',
    patches: [
      {
        file: 'catalog/postgres/holder.ts',
        from: 'begin === null ? isFree(pid)',
        to: 'begin === null ? true',
      },
    ],
    caughtBy: 'hiddenProc',
  },
  {
    name: 'settles deletions while everything is paused',
    patches: [
      {
        file: 'daemon/housekeeping.ts',
        from: 'if (!active.has(ref) || (await app.catalog.paused()) !== null) return;',
        to: 'if (!active.has(ref)) return;',
      },
    ],
    caughtBy: 'settlesPaused',
  },
];
