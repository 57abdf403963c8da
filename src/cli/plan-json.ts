import { skippedText } from '../domain/folder-problem.ts';
import {
  exceeded,
  type LimitExceeded,
  type Plan,
  folderTotals,
  planTotals,
  sumSizes,
} from '../domain/plan.ts';
import { describeOverride } from '../domain/override.ts';
import type { Policy } from '../domain/policy.ts';
import { skippedTexts } from '../work/report.ts';

/** The limits that the plan would break. */
export function brokenLimits(plan: Plan, policy: Policy): readonly LimitExceeded[] {
  return exceeded(planTotals(plan), sumSizes(plan.folders.map((folder) => folder.total)), policy.limits);
}

/** One plan as `--json` shows it. Quota figures are bytes of STORAGE, or messages of MESSAGE. */
export function planJson(plan: Plan, policy: Policy, withMessages: boolean): object {
  return {
    policy: plan.policy,
    mode: policy.mode,
    server: plan.server,
    account: plan.account,
    ...planTotals(plan),
    idle: plan.idle?.kind ?? null,
    quotaAbove: policy.when?.quotaAbove ?? null,
    drainTo: policy.drainTo,
    ...(policy.applied === undefined ? {} : { overrides: policy.applied.map(describeOverride) }),
    quotaRoot: plan.quotaBefore?.root ?? null,
    quotaResource: plan.quotaBefore?.resource ?? null,
    quotaLimit: plan.quotaBefore?.limit ?? null,
    quotaBefore: plan.quotaBefore?.used ?? null,
    quotaAfter: plan.quotaAfter?.used ?? null,
    drains: plan.drains.map(({ view, target, needed, shortfall }) => ({
      root: view.root,
      resource: view.resource,
      target,
      needed,
      shortfall,
    })),
    limits: brokenLimits(plan, policy),
    folders: [
      ...plan.folders
        .filter((folder) => folderTotals(folder).messages > 0 || folder.kept.length > 0)
        .map((folder) => ({
          path: folder.folder.path,
          ...folderTotals(folder),
          ...span(folder.messages),
          kept: skippedTexts(folder.kept),
          skipped: null,
          ...(withMessages
            ? {
                selected: folder.messages.map(({ uid, size, internalDate, reason }) => ({
                  uid,
                  size,
                  internalDate,
                  reason,
                })),
              }
            : {}),
        })),
      // Unknown is null, never 0.
      ...plan.problems.map((problem) => ({
        path: problem.path,
        messages: null,
        bytes: null,
        oldest: null,
        newest: null,
        kept: [],
        skipped: skippedText(problem),
      })),
    ],
  };
}

/** The first and the last date of arrival, as ISO 8601. */
export function span(messages: readonly { readonly internalDate: Date }[]): {
  readonly oldest: string | null;
  readonly newest: string | null;
} {
  let oldest = Infinity;
  let newest = -Infinity;
  for (const { internalDate } of messages) {
    oldest = Math.min(oldest, internalDate.getTime());
    newest = Math.max(newest, internalDate.getTime());
  }
  if (messages.length === 0) return { oldest: null, newest: null };
  return { oldest: new Date(oldest).toISOString(), newest: new Date(newest).toISOString() };
}
