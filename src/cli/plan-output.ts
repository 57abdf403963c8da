import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { formatDuration } from '../domain/duration.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { type LimitExceeded, type Plan, folderTotals, planTotals } from '../domain/plan.ts';
import { describeOverride } from '../domain/override.ts';
import type { Patterns, Policy } from '../domain/policy.ts';
import { printable } from '../domain/printable.ts';
import { formatUse, percentUsed, type QuotaView } from '../domain/quota.ts';
import { reasonText } from '../domain/reason.ts';
import { formatBytes } from '../domain/size.ts';
import { isAtOnce } from '../domain/term.ts';
import { Skips } from '../work/skips.ts';
import { usageStyle } from './fleet.ts';
import { brokenLimits, span } from './plan-json.ts';
import { afterAllText, modeText, type PlannedAccount } from './planned-account.ts';
import { bar, showTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** All plans of one account for a person, and what they come to. */
export function showPlans(io: Terminal, row: PlannedAccount, withMessages: boolean): void {
  for (const [index, { plan, policy }] of row.plans.entries()) {
    if (index > 0) io.out('');
    showPlan(io, plan, policy, withMessages);
  }
  if (row.plans.filter(({ plan }) => planTotals(plan).messages > 0).length < 2) return;
  const { messages, bytes: size, quotaBefore, quotaAfter } = row.combined;
  io.out('');
  io.out(io.style('bold', `${afterAllText(row.plans)} on ${printable(row.account)}`));
  io.out(
    `  ${countOf(messages, 'message')}, ${formatBytes(size)} would leave; what several policies select is counted once`,
  );
  showQuota(io, quotaBefore, quotaAfter);
}

function showPlan(io: Terminal, plan: Plan, policy: Policy, withMessages: boolean): void {
  const leaving = planTotals(plan);
  const action = policy.delete === null ? 'archive' : `archive and delete${graceText(policy)}`;
  io.out(io.style('bold', `${plan.policy} on ${printable(plan.account)} (${modeText(policy)})`));
  for (const one of policy.applied ?? [])
    io.out(`  override for ${accountsText(one.accounts)}: ${printable(describeOverride(one))}`);
  if (plan.idle !== null) return io.out(`  nothing to do: ${idleText(plan, policy)}`);
  if (leaving.messages === 0) io.out('  nothing to do: no message is selected');
  else {
    io.out(`  would ${action} ${countOf(leaving.messages, 'message')}, ${formatBytes(leaving.bytes)}`);
    showQuota(io, plan.quotaBefore, plan.quotaAfter);
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
  showFolders(io, plan);
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

function accountsText({ include, exclude }: Patterns): string {
  const but = exclude.length === 0 ? '' : ` but not ${exclude.join(', ')}`;
  return printable(`${include.join(', ')}${but}`);
}

/** What leaves, folder by folder, the largest first. */
function showFolders(io: Terminal, plan: Plan): void {
  const rows = plan.folders
    .filter((folder) => folderTotals(folder).messages > 0)
    .map((folder) => ({ folder, sum: folderTotals(folder) }))
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
    { title: 'FOLDER', least: 20 },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'OLDEST', drop: 1 },
    { title: 'NEWEST', drop: 2 },
  ] as const;
  if (rows.length > 0) showTable(io, columns, rows, '  ');
}

function showQuota(io: Terminal, before: QuotaView | null, after: QuotaView | null): void {
  if (before === null || after === null) return;
  io.out(`  quota now    ${quotaText(io, before)}`);
  io.out(`  quota after  ${quotaText(io, after)}`);
}

function graceText(policy: Policy): string {
  return policy.delete === null || isAtOnce(policy.delete.after)
    ? ''
    : ` (after ${formatDuration(policy.delete.after)})`;
}

function idleText(plan: Plan, policy: Policy): string {
  switch (plan.idle?.kind) {
    case 'quota below threshold':
      return `the quota is at ${(percentUsed(plan.idle.view) ?? 0).toFixed(1)} %; the policy starts at ${policy.when?.quotaAbove ?? 0} %`;
    case 'quota not reported':
      return 'the server reports no quota with a limit';
    case 'no folder':
      return 'no folder matches the policy';
    case undefined:
      return '';
  }
}

function quotaText(io: Terminal, view: QuotaView): string {
  const percent = percentUsed(view);
  const used = formatUse(view.resource, view.used);
  if (percent === null) return `${used}, no limit`;
  const style = usageStyle(percent);
  const meter = `${bar(percent)} ${percent.toFixed(1)} %`;
  return `${style === null ? meter : io.style(style, meter)}, ${used} of ${formatUse(view.resource, view.limit ?? 0)}`;
}

/** By how much a limit is broken. */
export function limitText({ limit, allowed, wanted, of }: LimitExceeded): string {
  if (limit === 'maxMessages') return `${countOf(wanted, 'message')}, maxMessages is ${count(allowed)}`;
  if (limit === 'maxBytes')
    return `${formatBytes(bytes(wanted))}, maxBytes is ${formatBytes(bytes(allowed))}`;
  return `${wanted.toFixed(1)} % of the ${of} in its folders, maxPercent is ${allowed}`;
}
