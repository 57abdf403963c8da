import { accountKey, type AccountRef } from '../domain/account.ts';
import { afterAll, type CombinedPlan, type PlannedPolicy } from '../domain/combined-plan.ts';
import { percentUsed } from '../domain/quota.ts';
import type { Policy } from '../domain/policy.ts';
import type { Usage } from './fleet.ts';

/** The plans of one account, in the order of a run. */
export interface PlannedAccount extends AccountRef {
  readonly plans: readonly PlannedPolicy[];
  readonly combined: CombinedPlan;
  /** Of its quota now; `bytes` is the size of what would leave. */
  readonly usage: Usage;
}

/** The plans by account, as accounts came. */
export function plannedAccounts(plans: readonly PlannedPolicy[]): readonly PlannedAccount[] {
  return [...Map.groupBy(plans, ({ plan }) => accountKey(plan)).values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const combined = afterAll(own);
    const view = combined.quotaBefore;
    const usage = { view, percent: view === null ? null : percentUsed(view), bytes: combined.bytes };
    const { server, account } = first.plan;
    return [{ server, account, plans: own, combined, usage }];
  });
}

/** `after all enforced policies`; where there are none, what all of them would do. */
export function afterAllText(plans: readonly PlannedPolicy[]): string {
  if (plans.every(({ policy }) => policy.mode === 'plan'))
    return 'after all policies, once they are enforced';
  return plans.every(({ policy }) => policy.mode === 'enforce')
    ? 'after all policies'
    : 'after all policies, those in plan mode too';
}

/** `enforced; starts at 90 %, drains to 75 %` */
export function modeText({ mode, when, drainTo }: Pick<Policy, 'mode' | 'when' | 'drainTo'>): string {
  const parts = [
    ...(when === null ? [] : [`starts at ${when.quotaAbove} %`]),
    ...(drainTo === null ? [] : [`drains to ${drainTo} %`]),
  ];
  const does = mode === 'plan' ? 'plan mode: reports only' : 'enforced';
  return parts.length === 0 ? does : `${does}; ${parts.join(', ')}`;
}
