import { add } from './duration.ts';
import { retainsOf } from './override.ts';
import type { Duration, Hold, Policy } from './policy.ts';

/**
 * How long archives in a store must stay, by the policies that archive there; null: for ever. A hold
 * has no end, so with any of them that is for ever.
 */
export function longestRetain(
  policies: readonly Policy[],
  holds: readonly Hold[],
  store: string,
): Duration | null {
  if (holds.length > 0) return null;
  const start = new Date(0);
  let longest: Duration | null = null;
  for (const policy of policies.filter(({ archive }) => archive.to === store)) {
    for (const retain of retainsOf(policy)) {
      if (retain === null) return null;
      if (longest === null || add(start, retain, 'UTC') > add(start, longest, 'UTC')) longest = retain;
    }
  }
  return longest;
}
