import type { PlannedPolicy } from '../domain/combined-plan.ts';
import { planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import { type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { arranged, type FleetFlags, fleetWish, type FleetWish } from './fleet.ts';
import { byAccount, inRunOrder, pickPolicies } from './pick-policies.ts';
import { planAll } from './plan-all.ts';
import { combinedJson, planCsv, showPlanFleet, showPlanGroups } from './plan-fleet.ts';
import { type Comparison, compared, comparisonJson, showComparison } from './plan-compare.ts';
import { planJson } from './plan-json.ts';
import { showPlans } from './plan-output.ts';
import { plannedAccounts } from './planned-account.ts';

interface PlanFlags extends FleetFlags {
  readonly exitCode?: boolean;
  readonly messages?: boolean;
  readonly compare?: string;
}

export async function plan(
  context: Context,
  names: readonly string[],
  options: PlanFlags,
): Promise<ExitCode> {
  const wish = fleetWish(options);
  refuseMixed(options);
  return withApp(context, 'read-only', async (app) => {
    const policies = pickPolicies(app.config, names);
    const selected = byAccount(selectAccounts(app.config, context), policies);
    const { plans, failed } = await planAll(app, context, selected);
    const { compare: file } = options;
    if (file !== undefined) {
      const other = await compared(app, context, { selected, plans }, { file, names });
      showCompared(context, { plans, other: other.comparison }, wish, options);
      const code = failed.exitCode(false);
      return code === exit.ok ? other.failed.exitCode(false) : code;
    }
    show(context, { plans, policies, failed: failed.count }, wish, options);
    const skipped = plans.some(({ plan: made }) => made.problems.length > 0);
    const code = failed.exitCode(skipped);
    if (code !== exit.ok) return code;
    const pending = plans.some(({ plan: made }) => planTotals(made).messages > 0);
    return options.exitCode === true && pending ? exit.pending : exit.ok;
  });
}

/** @throws `usage`: a comparison has no form for these. */
function refuseMixed({ compare, by, csv }: PlanFlags): void {
  if (compare !== undefined && (by !== undefined || csv === true))
    throw new MothballError(
      { fact: '--compare cannot be used with --by or --csv', notDone: 'nothing was done' },
      { code: 'usage' },
    );
}

function showCompared(
  context: Context,
  { plans, other }: { readonly plans: readonly PlannedPolicy[]; readonly other: Comparison },
  { limit }: FleetWish,
  { json, messages = false }: PlanFlags,
): void {
  if (json !== true) return showComparison(context, other, { limit, messages });
  printJson(context.io, 'plan', {
    plans: plans.map((one) => planJson(one.plan, one.policy, messages)),
    combined: plannedAccounts(plans).map(combinedJson),
    compared: comparisonJson(other, messages),
  });
}

interface Found {
  readonly plans: readonly PlannedPolicy[];
  readonly policies: readonly Policy[];
  readonly failed: number;
}

function show(
  context: Context,
  { plans, policies, failed }: Found,
  wish: FleetWish,
  options: PlanFlags,
): void {
  const { io } = context;
  const accounts = plannedAccounts(plans);
  const rows = arranged(accounts, wish);
  const { by, csv = false, messages = false } = options;
  const limited = rows.slice(0, wish.limit ?? rows.length);
  if (options.json === true) {
    const listed = wish.narrowed ? limited.flatMap((row) => row.plans) : plans;
    return printJson(io, 'plan', {
      plans: listed.map((one) => planJson(one.plan, one.policy, messages)),
      combined: (wish.narrowed ? limited : accounts).map(combinedJson),
    });
  }
  if (by !== undefined) return showPlanGroups(context, rows, by, csv);
  if (csv) return planCsv(context, limited);
  const single = accounts.length + failed <= 1 && !wish.narrowed;
  if (!single && !messages && options.folders !== true)
    return showPlanFleet(context, rows, { accounts, policies: inRunOrder(policies), failed }, wish);
  for (const [index, row] of (wish.narrowed ? limited : rows).entries()) {
    if (index > 0) io.out('');
    showPlans(io, row, messages);
  }
}
