import { requirePlausibleClock } from '../preflight/clock-check.ts';
import { recoverIntents, releaseStale } from '../purge/recover.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';

/**
 * Finishes deletions that were interrupted, without any policy: what is gone was deleted, the rest
 * loses our \Deleted and is kept unless its policy still deletes (SAFETY "Crash").
 */
export async function settleAccount(work: LockedWork, ledger: Ledger): Promise<void> {
  // Whatever is settled leaves marks of its time, and may remove mail from Trash of Gmail.
  await requirePlausibleClock(work, 'nothing was settled');
  await recoverIntents(work, ledger);
  await releaseStale(work, ledger);
}
