import { archive } from '../archive/archive.ts';
import type { Sha256 } from '../domain/brands.ts';
import { type Plan, planTotals, sumSizes, type Totals, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { isAtOnce } from '../domain/term.ts';
import { isConnectionLost } from '../errors.ts';
import type { Budget } from '../plan/budget.ts';
import { DeletionBeside } from '../purge/delete-beside.ts';
import type { DeletingPolicy, PurgeRun } from '../purge/due.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { mayHaveSecond } from '../work/second-sessions.ts';

/** A policy that deletes; null: this one does not. */
export function asDeleting(policy: Policy): DeletingPolicy | null {
  return policy.delete === null ? null : { ...policy, delete: policy.delete };
}

/**
 * Archives what is planned, and where it may go at once deletes what is verified meanwhile. Answers the
 * archives whose mail had its turn.
 */
export async function archiveRound(
  run: PurgeRun,
  policy: Policy,
  plan: Plan,
  budget: Budget,
): Promise<ReadonlySet<Sha256>> {
  const { work, ledger } = run;
  const deleting = await mayDeleteBeside(run, policy);
  const beside = deleting && new DeletionBeside({ run, policy: deleting, budget, fresh: freshTotals(plan) });
  try {
    await shown(work, `${policy.name}: archiving`, planTotals(plan), () =>
      archive(work, policy, plan.folders, { ledger, follower: beside }),
    );
  } catch (error) {
    beside?.giveUp(error);
    await beside?.finished().catch((other: unknown) => {
      if (other === error || !isCatchable(error)) return;
      // An open intent is settled before anything else, so its failure is the one that counts.
      if (!isConnectionLost(error)) ledger.failure(error);
      throw other;
    });
    throw error;
  }
  return (await beside?.finished()) ?? new Set();
}

function freshTotals({ folders }: Plan): Totals {
  return sumSizes(folders.map(({ messages }) => totals(messages.filter(({ archived }) => !archived))));
}

async function shown(
  { progress, account: { account } }: LockedWork,
  label: string,
  expected: Totals,
  step: () => Promise<void>,
): Promise<void> {
  progress.begin(`${account}: ${label}`, expected);
  try {
    await step();
  } finally {
    progress.end();
  }
}

/**
 * Only where nothing has to be looked at between the two halves: no grace, no drain that ends at its
 * target.
 */
async function mayDeleteBeside({ work }: PurgeRun, policy: Policy): Promise<DeletingPolicy | null> {
  const deleting = asDeleting(policy);
  if (deleting === null || !isAtOnce(deleting.delete.after) || policy.drainTo !== null) return null;
  return (await mayHaveSecond(work)) ? deleting : null;
}
