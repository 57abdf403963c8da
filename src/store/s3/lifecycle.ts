import type { LifecycleRule } from '@aws-sdk/client-s3';
import { dayMs } from '../../domain/dates.ts';

/** Storage classes whose objects can't be read without a restore of hours. */
const frozen = new Set<string | undefined>(['GLACIER', 'DEEP_ARCHIVE']);

export interface LifecycleVerdict {
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * What the bucket's lifecycle rules would do to the objects under a prefix. `keepMs`: how long an
 * archive made now must stay, in milliseconds; null: for ever.
 */
export function judgeLifecycle(
  rules: readonly LifecycleRule[],
  prefix: string,
  keepMs: number | null,
): LifecycleVerdict {
  const reaching = rules.filter((rule) => rule.Status === 'Enabled' && reaches(rule, prefix));
  return {
    refusals: reaching.flatMap((rule) => {
      const when = tooEarly(rule, keepMs);
      return when === null
        ? []
        : [
            `lifecycle rule ${nameOf(rule)} removes objects ${when}: archives would vanish; remove the rule or keep it off ${prefix === '' ? 'this bucket' : `the prefix ${prefix}`}`,
          ];
    }),
    warnings: [
      ...reaching
        .filter((rule) => (rule.Expiration?.Days ?? 0) > 0 && tooEarly(rule, keepMs) === null)
        .map(
          (rule) =>
            `lifecycle rule ${nameOf(rule)} removes objects after ${rule.Expiration?.Days} days: imported mail and archives of policies that are gone are kept for ever otherwise, and would go too`,
        ),
      ...reaching
        .filter((rule) => (rule.Transitions ?? []).some((step) => frozen.has(step.StorageClass)))
        .map(
          (rule) =>
            `lifecycle rule ${nameOf(rule)} moves objects to a class that can't be read at once: what waits there can't be rechecked and stays on the mail server`,
        ),
    ],
  };
}

/** A rule for some tags or sizes may fit any object. */
function reaches(rule: LifecycleRule, prefix: string): boolean {
  const own = rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? '';
  return own.startsWith(prefix) || prefix.startsWith(own);
}

/** When the rule removes objects, if that is before they may go; null otherwise. */
function tooEarly({ Expiration: expiration }: LifecycleRule, keepMs: number | null): string | null {
  const days = expiration?.Days ?? 0;
  if (days > 0) return keepMs !== null && days * dayMs >= keepMs ? null : `after ${days} days`;
  if (expiration?.Date !== undefined) return `on ${expiration.Date.toISOString().slice(0, 10)}`;
  return null;
}

function nameOf(rule: LifecycleRule): string {
  return rule.ID === undefined ? 'without a name' : JSON.stringify(rule.ID);
}
