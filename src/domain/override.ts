import { describeMatch } from './describe-match.ts';
import { add, formatDuration } from './duration.ts';
import { accountMatches } from './glob.ts';
import type { Duration, Override, Policy } from './policy.ts';

/**
 * The policy as it is for one account: with the overrides that fit the account, or the policy itself
 * where none does. Several add up; of quotas the last one counts. Whoever decides about mail or archives
 * of an account asks here first.
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
        : { ...policy.delete, after: longer(policy.delete.after, after) },
    retain: keep,
  };
}

/** Null is for good. */
function laterEnd(a: Duration | null, b: Duration | 'forever'): Duration | null {
  return a === null || b === 'forever' ? null : longer(a, b);
}

function longer(a: Duration, b: Duration): Duration {
  const start = new Date(0);
  return add(start, b, 'UTC') > add(start, a, 'UTC') ? b : a;
}

/** Starts from which calendar units are of all lengths that they can have. */
const starts = Array.from({ length: 48 }, (_, month) => new Date(Date.UTC(2024, month, 1)));

/** Whether the first is never shorter than the second, whenever they begin. */
export function neverShorter(a: Duration, b: Duration): boolean {
  return starts.every((start) => add(start, a, 'UTC') >= add(start, b, 'UTC'));
}

/** How long archives of the policy are kept, of accounts without and with overrides; null is for good. */
export function retainsOf({ retain, overrides = [] }: Policy): readonly (Duration | null)[] {
  const others = overrides.flatMap((one) => (one.retain === null ? [] : [laterEnd(retain, one.retain)]));
  return [retain, ...others];
}

/** One hash of the policy and what was applied; an override that is there twice counts once. */
function combined(hash: string, overrides: readonly Override[]): string {
  const parts = [hash, ...new Set(overrides.map((one) => one.hash))];
  const sum = parts.reduce((all, part) => all ^ BigInt(`0x${part}`), 0n);
  return sum.toString(16).padStart(16, '0');
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
