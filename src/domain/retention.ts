import { retainsOf } from './override.ts';
import type { Hold, Policy, Term } from './policy.ts';
import { laterOf } from './term.ts';

/**
 * How long archives in a store must stay, by the policies that archive there; null: for ever. A hold
 * has no end, so with any of them that is for ever.
 */
export function longestRetain(
  policies: readonly Policy[],
  holds: readonly Hold[],
  store: string,
): Term | null {
  if (holds.length > 0) return null;
  let longest: Term | null = null;
  for (const policy of policies.filter(({ archive }) => archive.to === store)) {
    for (const retain of retainsOf(policy)) {
      if (retain === null) return null;
      longest = longest === null ? retain : laterOf(longest, retain);
    }
  }
  return longest;
}
