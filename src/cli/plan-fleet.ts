import { type AccountGroup, groupOf } from '../domain/account-group.ts';
import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { percentUsed } from '../domain/quota.ts';
import { formatBytes } from '../domain/size.ts';
import type { Context } from './context.ts';
import { printCsv } from './csv.ts';
import { type FleetWish, percentCell, usageStyle } from './fleet.ts';
import { brokenLimits } from './plan-json.ts';
import { modeText, type PlannedAccount } from './planned-account.ts';
import { showTable } from './table.ts';

interface Fleet {
  readonly accounts: readonly PlannedAccount[];
  readonly policies: readonly Policy[];
  readonly failed: number;
}

/** A line for each policy and for each account with something to do. */
export function showPlanFleet(
  { io }: Context,
  rows: readonly PlannedAccount[],
  { accounts, policies, failed }: Fleet,
  wish: FleetWish,
): void {
  for (const policy of policies) showPolicy({ io }, policy, rows);
  const busy = rows.filter(({ combined }) => combined.messages > 0);
  const shown = busy.slice(0, wish.limit ?? busy.length);
  if (shown.length > 0) {
    io.out('');
    showTable(io, columnsOf(shown), shown.map(cells));
  }
  const left = busy.length - shown.length;
  if (left > 0) io.out(`and ${count(left)} more; \`--limit all\`, --csv or --json lists all of them`);
  const messages = busy.reduce((sum, { combined }) => sum + combined.messages, 0);
  const size = busy.reduce((sum, { combined }) => sum + combined.bytes, 0);
  io.out('');
  if (rows.length < accounts.length)
    io.out(`${count(rows.length)} of ${countOf(accounts.length, 'account')} over ${wish.over ?? 0} %`);
  io.out(
    `after all policies: ${countOf(messages, 'message')}, ${formatBytes(bytes(size))} of ${countOf(busy.length, 'account')} would leave; ${countOf(rows.length - busy.length, 'account')} with nothing to do`,
  );
  if (failed > 0) io.out(io.style('red', `${countOf(failed, 'account')} could not be read`));
}

/** One line for each domain or server. */
export function showPlanGroups(
  { io }: Context,
  rows: readonly PlannedAccount[],
  by: AccountGroup,
  csv: boolean,
): void {
  const groups = [...Map.groupBy(rows, (row) => groupOf(row, by))]
    .map(([name, members]) => {
      const busy = members.filter(({ combined }) => combined.messages > 0);
      const messages = busy.reduce((sum, { combined }) => sum + combined.messages, 0);
      const size = busy.reduce((sum, { combined }) => sum + combined.bytes, 0);
      return { name, accounts: members.length, busy: busy.length, messages, size };
    })
    .toSorted((a, b) => b.size - a.size);
  if (csv) {
    const titles = [by, 'accounts', 'accounts_with_work', 'messages', 'bytes'];
    const csvRows = groups.map((one) => [one.name, one.accounts, one.busy, one.messages, one.size]);
    return printCsv(io, { titles, rows: csvRows });
  }
  const columns = [
    { title: by.toUpperCase(), least: 12 },
    { title: 'ACCOUNTS', align: 'right' },
    { title: 'WITH WORK', align: 'right' },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
  ] as const;
  const lines = groups.map(({ name, accounts, busy, messages, size }) => [
    name,
    count(accounts),
    count(busy),
    count(messages),
    formatBytes(bytes(size)),
  ]);
  showTable(io, columns, lines);
}

export function planCsv({ io }: Context, rows: readonly PlannedAccount[]): void {
  const titles =
    'server,account,messages,bytes,quota_root,quota_resource,quota_limit,quota_before,quota_after,percent_before,percent_after,policies';
  const rounded = (percent: number | null): number | null =>
    percent === null ? null : Number(percent.toFixed(2));
  const lines = rows.map((row) => {
    const { messages, bytes: size, quotaBefore: before, quotaAfter: after } = row.combined;
    return [
      row.server,
      row.account,
      messages,
      size,
      before?.root ?? null,
      before?.resource ?? null,
      before?.limit ?? null,
      before?.used ?? null,
      after?.used ?? null,
      rounded(before === null ? null : percentUsed(before)),
      rounded(after === null ? null : percentUsed(after)),
      busyPolicies(row).join(' '),
    ];
  });
  printCsv(io, { titles: titles.split(','), rows: lines });
}

/** What the policies of one account come to together, as `--json` shows it. Amounts as in `plans`. */
export function combinedJson({ server, account, combined }: PlannedAccount): object {
  const { messages, bytes: size, quotaBefore: before, quotaAfter: after } = combined;
  return {
    server,
    account,
    messages,
    bytes: size,
    quotaRoot: before?.root ?? null,
    quotaResource: before?.resource ?? null,
    quotaLimit: before?.limit ?? null,
    quotaBefore: before?.used ?? null,
    quotaAfter: after?.used ?? null,
  };
}

function showPolicy({ io }: Pick<Context, 'io'>, policy: Policy, rows: readonly PlannedAccount[]): void {
  const own = rows.flatMap(({ plans }) => plans.filter((one) => one.policy.name === policy.name));
  const sums = own.map(({ plan }) => planTotals(plan)).filter(({ messages }) => messages > 0);
  const messages = sums.reduce((sum, one) => sum + one.messages, 0);
  const size = sums.reduce((sum, one) => sum + one.bytes, 0);
  io.out(
    `${io.style('bold', policy.name)} (${modeText(policy)}): ${countOf(messages, 'message')}, ${formatBytes(bytes(size))} of ${countOf(sums.length, 'account')}; ${countOf(own.length - sums.length, 'account')} with nothing to do`,
  );
  const over = own.filter(({ plan }) => brokenLimits(plan, policy).length > 0);
  const [first] = over;
  if (first !== undefined)
    io.out(
      io.style(
        'red',
        `  over a limit on ${countOf(over.length, 'account')}, where \`run\` would do nothing: \`mothball plan ${policy.name} --account ${first.plan.account}\` shows by how much`,
      ),
    );
  const short = own.filter(({ plan }) => plan.drains.some(({ shortfall }) => shortfall > 0)).length;
  if (short > 0) io.out(io.style('yellow', `  the target cannot be reached on ${countOf(short, 'account')}`));
  const apart = own.filter((one) => one.policy.applied !== undefined).length;
  if (apart > 0) io.out(`  with an override on ${countOf(apart, 'account')}; --folders shows which`);
  const skipped = own.reduce((sum, { plan }) => sum + plan.problems.length, 0);
  if (skipped > 0)
    io.out(io.style('yellow', `  ${countOf(skipped, 'folder')} skipped; --folders shows which, and why`));
}

function columnsOf(shown: readonly PlannedAccount[]) {
  return [
    { title: 'ACCOUNT', least: 20 },
    { title: 'MESSAGES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'NOW', align: 'right', style: (row: number) => usageStyle(shown[row]?.usage.percent ?? null) },
    { title: 'AFTER', align: 'right', style: (row: number) => usageStyle(percentAfter(shown[row])) },
    { title: 'POLICIES', least: 12, drop: 1 },
  ] as const;
}

function cells(row: PlannedAccount): readonly string[] {
  const { messages, bytes: size } = row.combined;
  return [
    row.account,
    count(messages),
    formatBytes(size),
    percentCell(row.usage.percent),
    percentCell(percentAfter(row)),
    busyPolicies(row).join(', '),
  ];
}

function percentAfter(row: PlannedAccount | undefined): number | null {
  const after = row?.combined.quotaAfter ?? null;
  return after === null ? null : percentUsed(after);
}

function busyPolicies({ plans }: PlannedAccount): readonly string[] {
  return plans.flatMap(({ plan }) => (planTotals(plan).messages > 0 ? [plan.policy] : []));
}
