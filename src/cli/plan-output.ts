import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { exceeded, type LimitExceeded, type Plan, planTotals, sumSizes, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { printable } from '../domain/printable.ts';
import { formatUse, percentUsed, type QuotaView } from '../domain/quota.ts';
import { reasonText } from '../domain/reason.ts';
import { formatBytes } from '../domain/size.ts';
import { skippedTexts } from '../work/report.ts';
import { Skips } from '../work/skips.ts';
import { bar, table } from './table.ts';
import type { Terminal } from './terminal.ts';

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
        .filter((folder) => folder.messages.length > 0 || folder.kept.length > 0)
        .map((folder) => ({
          path: folder.folder.path,
          ...totals(folder.messages),
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

function span(messages: readonly { readonly internalDate: Date }[]): {
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

/** Plans for a person, an empty line between them. */
export function showPlans(
  io: Terminal,
  plans: readonly { readonly plan: Plan; readonly policy: Policy }[],
  withMessages: boolean,
): void {
  for (const [index, { plan, policy }] of plans.entries()) {
    if (index > 0) io.out('');
    showPlan(io, plan, policy, withMessages);
  }
}

function showPlan(io: Terminal, plan: Plan, policy: Policy, withMessages: boolean): void {
  const leaving = planTotals(plan);
  const action = policy.delete === null ? 'archive' : `archive and delete${graceText(policy)}`;
  io.out(
    io.style(
      'bold',
      `${plan.policy} on ${printable(plan.account)} (${policy.mode === 'plan' ? 'plan mode: reports only' : 'enforced'})`,
    ),
  );
  if (plan.idle !== null) return io.out(`  nothing to do: ${idleText(plan)}`);
  io.out(`  would ${action} ${countOf(leaving.messages, 'message')}, ${formatBytes(leaving.bytes)}`);
  if (plan.quotaBefore !== null && plan.quotaAfter !== null) {
    io.out(`  quota now    ${quotaText(plan.quotaBefore)}`);
    io.out(`  quota after  ${quotaText(plan.quotaAfter)}`);
  }
  for (const { view, shortfall, target } of plan.drains) {
    if (shortfall > 0)
      io.out(
        io.style(
          'yellow',
          `  the target of ${formatUse(view.resource, target)} cannot be reached: the policy selects ${formatUse(view.resource, shortfall)} too little`,
        ),
      );
  }
  for (const limit of brokenLimits(plan, policy))
    io.out(io.style('red', `  over a limit, so \`run\` would do nothing: ${limitText(limit)}`));
  for (const line of folderTable(plan)) io.out(`  ${line}`);
  for (const problem of plan.problems)
    io.out(io.style('yellow', `  folder "${printable(problem.path)}" ${printable(skippedText(problem))}`));
  const kept = new Skips();
  for (const folder of plan.folders) for (const tally of folder.kept) kept.add(tally.reason, tally.messages);
  for (const tally of kept.list())
    io.out(`  kept: ${count(tally.messages)} (${printable(reasonText(tally.reason))})`);
  if (withMessages)
    for (const folder of plan.folders)
      for (const message of folder.messages)
        io.out(
          `    ${printable(folder.folder.path)} UID ${message.uid} ${formatBytes(message.size)}: ${printable(message.reason)}`,
        );
}

/** What leaves, folder by folder, the largest first. */
function folderTable(plan: Plan): readonly string[] {
  const rows = plan.folders
    .filter((folder) => folder.messages.length > 0)
    .map((folder) => ({ folder, sum: totals(folder.messages) }))
    .toSorted((a, b) => b.sum.bytes - a.sum.bytes)
    .map(({ folder, sum }) => {
      const { oldest, newest } = span(folder.messages);
      return [
        folder.folder.path,
        count(sum.messages),
        formatBytes(sum.bytes),
        oldest?.slice(0, 10) ?? '',
        newest?.slice(0, 10) ?? '',
      ];
    });
  const columns = [
    { title: 'FOLDER' },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'OLDEST' },
    { title: 'NEWEST' },
  ] as const;
  return rows.length > 0 ? table(columns, rows) : [];
}

function graceText(policy: Policy): string {
  return policy.delete === null || policy.delete.after.count === 0
    ? ''
    : ` (after ${policy.delete.after.count}${policy.delete.after.unit})`;
}

function idleText(plan: Plan): string {
  switch (plan.idle?.kind) {
    case 'quota below threshold':
      return `the quota is at ${(percentUsed(plan.idle.view) ?? 0).toFixed(1)} %, below the policy's threshold`;
    case 'quota not reported':
      return 'the server reports no quota with a limit';
    case 'no folder':
      return 'no folder matches the policy';
    case undefined:
      return '';
  }
}

function quotaText(view: QuotaView): string {
  const percent = percentUsed(view);
  const used = formatUse(view.resource, view.used);
  return percent === null
    ? `${used}, no limit`
    : `${bar(percent)} ${percent.toFixed(1)} %, ${used} of ${formatUse(view.resource, view.limit ?? 0)}`;
}

/** By how much a limit is broken. */
export function limitText({ limit, allowed, wanted, of }: LimitExceeded): string {
  if (limit === 'maxMessages') return `${countOf(wanted, 'message')}, maxMessages is ${count(allowed)}`;
  if (limit === 'maxBytes')
    return `${formatBytes(bytes(wanted))}, maxBytes is ${formatBytes(bytes(allowed))}`;
  return `${wanted.toFixed(1)} % of the ${of} in its folders, maxPercent is ${allowed}`;
}
