import type { App } from '../compose.ts';
import type { PlannedPolicy } from '../domain/combined-plan.ts';
import { planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { makePlan } from '../plan/plan.ts';
import { type Context, printJson, selectAccounts, withApp } from './context.ts';
import { type AccountFailures, eachAccount } from './each-account.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { arranged, type FleetFlags, fleetWish, type FleetWish } from './fleet.ts';
import { type AccountPolicies, byAccount, inRunOrder, pickPolicies } from './pick-policies.ts';
import { combinedJson, planCsv, showPlanFleet, showPlanGroups } from './plan-fleet.ts';
import { planJson } from './plan-json.ts';
import { showPlans } from './plan-output.ts';
import { plannedAccounts } from './planned-account.ts';

interface PlanFlags extends FleetFlags {
  readonly exitCode?: boolean;
  readonly messages?: boolean;
}

export async function plan(
  context: Context,
  names: readonly string[],
  options: PlanFlags,
): Promise<ExitCode> {
  const wish = fleetWish(options);
  return withApp(context, 'read-only', async (app) => {
    const policies = pickPolicies(app.config, names);
    const selected = byAccount(selectAccounts(app.config, context), policies);
    const { plans, failed } = await planAll(app, context, selected);
    show(context, { plans, policies, failed: failed.count }, wish, options);
    const skipped = plans.some(({ plan: made }) => made.problems.length > 0);
    const code = failed.exitCode(skipped);
    if (code !== exit.ok) return code;
    const pending = plans.some(({ plan: made }) => planTotals(made).messages > 0);
    return options.exitCode === true && pending ? exit.pending : exit.ok;
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

/** Plans each account's policies on one login. */
export async function planAll(
  app: App,
  context: Context,
  selected: readonly AccountPolicies[],
): Promise<{ readonly plans: readonly PlannedPolicy[]; readonly failed: AccountFailures }> {
  const accounts = selected.map(({ account, policies }) => ({
    ...account,
    policies,
    plans: [] as PlannedPolicy[],
  }));
  const { failed } = await eachAccount(context, app.config, {
    accounts,
    step: async ({ server, account, policies, plans }) => {
      const work = app.look({ server, account });
      await using connection = work.connection;
      for (const policy of inRunOrder(policies)) {
        const input = { ...work, policy, holds: app.config.holds, now: app.clock.now() };
        const session = await connection.session();
        plans.push({ policy, plan: await makePlan({ ...input, session, isolation: work.folders }) });
      }
    },
  });
  // Also those of an account that failed later.
  return { plans: accounts.flatMap(({ plans }) => plans), failed };
}
