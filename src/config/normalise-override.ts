import { formatDuration } from '../domain/duration.ts';
import { namesFlag } from '../domain/match.ts';
import { neverShorter } from '../domain/override.ts';
import type { Match, Override, Policy, SystemFlag } from '../domain/policy.ts';
import { overrideHash } from './policy-hash.ts';
import type { OverrideInput } from './schema-override.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

/** Flags whose mail stays unless the policy itself names them. */
const shielded: readonly SystemFlag[] = ['flagged', 'draft', 'deleted'];

type Base = Pick<Policy, 'match' | 'when' | 'drainTo' | 'delete' | 'retain'>;

/** Overrides with what they must not do reported: apart from the quota, none may take more than its policy. */
export function normaliseOverrides(
  scope: Scope,
  path: Path,
  inputs: readonly OverrideInput[] | undefined,
  policy: Base,
): readonly Override[] {
  return (inputs ?? []).map((input, index) => {
    const place = [...path, 'overrides', index];
    checkQuota(scope, place, input, policy);
    if (input.match !== undefined) checkMatch(scope, [...place, 'match'], input.match, policy.match);
    checkTimes(scope, place, input, policy);
    const { accounts, when, drainTo, match = null, folders, retain = null } = input;
    const override = {
      quota: when === undefined ? null : { quotaAbove: when.quotaAbove, drainTo: drainTo ?? null },
      match,
      folders: folders?.exclude ?? [],
      after: input.delete?.after ?? null,
      retain,
    };
    return { accounts, ...override, hash: overrideHash(override) };
  });
}

function checkQuota(scope: Scope, place: Path, { when, drainTo }: OverrideInput, policy: Base): void {
  if (when !== undefined && policy.when === null)
    return scope.report([...place, 'when'], 'is valid only where the policy itself has when', 'key');
  if (drainTo !== undefined && policy.drainTo === null)
    return scope.report([...place, 'drainTo'], 'is valid only where the policy itself has drainTo', 'key');
  if (policy.drainTo === null) return;
  if (when === undefined && drainTo !== undefined)
    scope.report(
      [...place, 'drainTo'],
      'is valid only with when: { quotaAbove: … }, which is missing',
      'key',
    );
  else if (when !== undefined && drainTo === undefined)
    scope.report([...place, 'when'], 'is valid only with drainTo, which is missing', 'key');
  else if (when !== undefined && drainTo !== undefined && drainTo >= when.quotaAbove)
    scope.report([...place, 'drainTo'], `${drainTo}% must be below quotaAbove, which is ${when.quotaAbove}%`);
}

/** Both conditions must hold, but naming such a flag would also lift what protects its mail. */
function checkMatch(scope: Scope, place: Path, match: Match, own: Match): void {
  for (const flag of shielded)
    if (namesFlag(match, flag) && !namesFlag(own, flag))
      scope.report(
        place,
        `names the flag ${flag}, which the policy does not: an override can't select mail that the policy keeps`,
      );
}

function checkTimes(scope: Scope, place: Path, { delete: rule, retain }: OverrideInput, policy: Base): void {
  if (rule !== undefined && policy.delete === null)
    scope.report([...place, 'delete'], 'is valid only where the policy itself has delete', 'key');
  else if (rule !== undefined && policy.delete !== null && !neverShorter(rule.after, policy.delete.after))
    scope.report(
      [...place, 'delete', 'after'],
      `may be shorter than the policy's ${formatDuration(policy.delete.after)}; an override can only delete later`,
    );
  if (retain === undefined || retain === 'forever') return;
  if (policy.retain === null)
    scope.report(
      [...place, 'retain'],
      'the policy keeps its archives forever; an override can only keep them longer',
    );
  else if (!neverShorter(retain, policy.retain))
    scope.report(
      [...place, 'retain'],
      `may be shorter than the policy's ${formatDuration(policy.retain)}; an override can only keep archives longer`,
    );
}
