import { describeMatch } from './describe-match.ts';
import { add, formatDuration } from './duration.ts';
import { accountMatches } from './glob.ts';
import type { Override, Policy, Term } from './policy.ts';
import { laterOf } from './term.ts';

/**
 * The policy as it is for one account: with the overrides that fit the account, or the policy itself
 * where none does. Several add up: of times the later end counts, of quotas the last one. Whoever decides
 * about mail or archives of an account asks here first.
 */
export function policyFor(policy: Policy, account: string): Policy {
  const fitting = (policy.overrides ?? []).filter((one) => accountMatches(one.accounts, account));
  if (fitting.length === 0) return policy;
  const { overrides: _, ...plain } = policy;
  return { ...fitting.reduce(narrowed, plain), applied: fitting, hash: combined(policy.hash, fitting) };
}

/** All of them as they are for one account, also those that do not cover it. */
export function policiesFor(policies: readonly Policy[], account: string): readonly Policy[] {
  return policies.some(({ overrides }) => overrides !== undefined)
    ? policies.map((policy) => policyFor(policy, account))
    : policies;
}

/** Those that cover the account, as they are for it. */
export function covering(policies: readonly Policy[], account: string): readonly Policy[] {
  return policiesFor(
    policies.filter(({ accounts }) => accountMatches(accounts, account)),
    account,
  );
}

/** The policy of that name as it is for the account; null: there is none. */
export function policyNamed(policies: readonly Policy[], name: string, account: string): Policy | null {
  const policy = policies.find((candidate) => candidate.name === name);
  return policy === undefined ? null : policyFor(policy, account);
}

function narrowed(policy: Policy, { quota, match, folders, after, retain }: Override): Policy {
  const keep = retain === null ? policy.retain : laterEnd(policy.retain, retain);
  return {
    ...policy,
    ...(quota === null ? {} : { when: { quotaAbove: quota.quotaAbove }, drainTo: quota.drainTo }),
    match: match === null ? policy.match : { kind: 'all', of: [policy.match, match] },
    folders: { ...policy.folders, exclude: [...policy.folders.exclude, ...folders] },
    delete:
      policy.delete === null || after === null
        ? policy.delete
        : { ...policy.delete, after: laterOf(policy.delete.after, after) },
    retain: keep,
  };
}

/** Null is for good. */
function laterEnd(a: Term | null, b: Term | 'forever'): Term | null {
  return a === null || b === 'forever' ? null : laterOf(a, b);
}

/** Four years, a leap year among them. */
const starts = Array.from({ length: 48 }, (_, month) => new Date(Date.UTC(2024, month, 1)));

/**
 * Whether the first is never shorter than the second on the calendar of these years. Finds mistakes of those
 * who write policies; what an override keeps does not depend on it, since the later end counts.
 */
export function neverShorter(a: Term, b: Term): boolean {
  return starts.every((start) => add(start, a, 'UTC') >= add(start, b, 'UTC'));
}

/** How long archives of the policy are kept, of accounts without and with overrides; null is for good. */
export function retainsOf({ retain, overrides = [] }: Policy): readonly (Term | null)[] {
  const others = overrides.flatMap((one) => (one.retain === null ? [] : [laterEnd(retain, one.retain)]));
  return [retain, ...others];
}

/**
 * One hash of the policy and what was applied, in this order, since the last quota counts. So of an override
 * that is there twice the last one counts.
 */
function combined(hash: string, overrides: readonly Override[]): string {
  const lastFirst = [...new Set(overrides.map((one) => one.hash).toReversed())];
  const sum = lastFirst
    .toReversed()
    .reduce((all, part, index) => all ^ rotated(BigInt(`0x${part}`), index), BigInt(`0x${hash}`));
  return sum.toString(16).padStart(16, '0');
}

/** The 64 bits rotated by 7 for each step; the first 64 steps are all different. */
function rotated(bits: bigint, steps: number): bigint {
  const by = BigInt((steps * 7) % 64);
  return BigInt.asUintN(64, (bits << by) | (bits >> (64n - by)));
}

/** What an override changes, in words. */
export function describeOverride({ quota, match, folders, after, retain }: Override): string {
  return [
    ...(quota === null
      ? []
      : [
          `starts at ${quota.quotaAbove} %${quota.drainTo === null ? '' : ` and drains to ${quota.drainTo} %`}`,
        ]),
    ...(match === null ? [] : [`only mail that is also ${describeMatch(match)}`]),
    ...(folders.length === 0 ? [] : [`not from ${folders.join(', ')}`]),
    ...(after === null ? [] : [`deletes after ${formatDuration(after)}`]),
    ...(retain === null
      ? []
      : [`keeps archives ${retain === 'forever' ? 'for good' : `for ${formatDuration(retain)}`}`]),
  ].join('; ');
}
