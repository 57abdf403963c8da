import type { Config } from '../config/config.ts';
import type { AccountRef } from '../domain/account.ts';
import { covering } from '../domain/override.ts';
import type { Policy } from '../domain/policy.ts';
import { nearest } from '../domain/suggest.ts';
import { MothballError } from '../errors.ts';

export interface AccountPolicies {
  readonly account: AccountRef;
  readonly policies: readonly Policy[];
}

/** The policies named, or all. @throws `usage` for an unknown name. */
export function pickPolicies(config: Config, names: readonly string[]): readonly Policy[] {
  if (names.length === 0) return config.policies;
  const known = config.policies.map((policy) => policy.name);
  return names.map((name) => {
    const policy = config.policies.find((candidate) => candidate.name === name);
    if (policy !== undefined) return policy;
    const near = nearest(name, known);
    throw new MothballError(
      {
        fact: `there is no policy "${name}"`,
        notDone: 'nothing was done',
        remedy: `${near === null ? '' : `Did you mean "${near}"? `}The policies are: ${known.join(', ') || 'none'}`,
      },
      { code: 'usage' },
    );
  });
}

/** Each account with the policies that cover it, as they are for it; accounts without a policy are left out. */
export function byAccount(
  accounts: readonly AccountRef[],
  policies: readonly Policy[],
): readonly AccountPolicies[] {
  return accounts
    .map((account) => ({ account, policies: covering(policies, account.account) }))
    .filter((one) => one.policies.length > 0);
}

/** Policies in the order of a run: those that act come first, as configured or named; then those that report. */
export function inRunOrder(policies: readonly Policy[]): readonly Policy[] {
  const acts = ({ mode }: Policy): boolean => mode === 'enforce';
  return [...policies.filter(acts), ...policies.filter((policy) => !acts(policy))];
}
