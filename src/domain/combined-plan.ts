import { bytes } from './brands.ts';
import { type FolderPlan, type Plan, sumSizes, type Totals } from './plan.ts';
import type { Policy } from './policy.ts';
import { percentUsed, type QuotaView } from './quota.ts';

/** What several policies would do to one account one after the other. */
export interface CombinedPlan extends Totals {
  readonly quotaBefore: QuotaView | null;
  readonly quotaAfter: QuotaView | null;
}

/** A plan with the policy that it follows. */
export interface PlannedPolicy {
  readonly plan: Plan;
  readonly policy: Policy;
}

/**
 * All plans of one account together, in the order of a run. Each was made as if its policy were alone:
 * a message that several select leaves once, and a drain takes only what is still needed once the
 * policies before it are done.
 */
export function afterAll(planned: readonly PlannedPolicy[]): CombinedPlan {
  const before = mainQuota(planned.map(({ plan }) => plan));
  const leaving = new Map<string, number>();
  let freed = 0;
  const beyond = sumSizes(planned.flatMap(({ plan }) => plan.folders.flatMap((part) => part.beyond ?? [])));
  for (const { plan, policy } of planned) {
    const view = before === null ? null : { ...before, used: before.used - freed };
    const drains = sameRoot(plan.quotaBefore, view) && policy.when !== null ? view : null;
    if (drains !== null && (percentUsed(drains) ?? 0) <= (policy.when?.quotaAbove ?? 0)) continue;
    const target =
      drains === null || policy.drainTo === null ? null : ((drains.limit ?? 0) * policy.drainTo) / 100;
    for (const { folder, size, key } of messagesOf(plan.folders)) {
      if (target !== null && (before?.used ?? 0) - freed <= target) break;
      if (leaving.has(key)) continue;
      leaving.set(key, size);
      if (before !== null && policy.delete !== null && isUnder(plan, folder))
        freed += before.resource === 'storage' ? size : 1;
    }
  }
  return {
    // What no plan lists may be counted once for each policy.
    messages: leaving.size + beyond.messages,
    bytes: bytes([...leaving.values()].reduce((sum, size) => sum + size, beyond.bytes)),
    quotaBefore: before,
    quotaAfter: before === null ? null : { ...before, used: Math.max(0, before.used - freed) },
  };
}

/** The quota that the plans look at: STORAGE first. */
function mainQuota(plans: readonly Plan[]): QuotaView | null {
  const views = plans.flatMap(({ quotaBefore }) => quotaBefore ?? []);
  return views.find(({ resource }) => resource === 'storage') ?? views[0] ?? null;
}

function sameRoot(a: QuotaView | null, b: QuotaView | null): boolean {
  return a !== null && b !== null && a.root === b.root && a.resource === b.resource;
}

function isUnder({ quotaFolders }: Plan, folder: string): boolean {
  return quotaFolders === undefined || quotaFolders.includes(folder);
}

function* messagesOf(folders: readonly FolderPlan[]) {
  for (const { folder, messages } of folders)
    for (const { uid, size } of messages) yield { folder: folder.path, size, key: `${uid} ${folder.path}` };
}
