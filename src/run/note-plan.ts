import type { Plan } from '../domain/plan.ts';
import { formatUse } from '../domain/quota.ts';
import type { Ledger } from '../work/ledger.ts';

const quotaUnknown =
  'the policy depends on how full the mailbox is, and the server reports no quota with a limit; nothing was done';

/** Folders that the server refused, once each with its words, and a quota that nobody knows. */
export function noteProblems({ problems, idle }: Plan, ledger: Ledger): void {
  if (idle?.kind === 'quota not reported') ledger.notice('quota unknown', quotaUnknown);
  for (const problem of problems) ledger.folderSkipped(problem);
}

export function countKept(plan: Plan, ledger: Ledger): void {
  for (const folder of plan.folders) {
    for (const { reason, messages } of folder.kept) ledger.skips.add(reason, messages);
  }
}

export function noteShortfall(plan: Plan, ledger: Ledger): void {
  for (const { view, target, shortfall } of plan.drains) {
    if (shortfall === 0) continue;
    ledger.notice(
      `shortfall ${view.root} ${view.resource}`,
      `the target can't be reached: ${formatUse(view.resource, shortfall)} more would have to leave quota root "${view.root}" than the policy lets go (target ${formatUse(view.resource, target)}, used ${formatUse(view.resource, view.used)})`,
    );
  }
}
