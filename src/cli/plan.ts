import type { App } from '../compose.ts';
import { type Plan, planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { makePlan } from '../plan/plan.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { type AccountFailures, eachAccount } from './each-account.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { type AccountPolicies, byAccount, pickPolicies } from './pick-policies.ts';
import { planJson, showPlans } from './plan-output.ts';

export interface Planned {
  readonly plan: Plan;
  readonly policy: Policy;
}

export async function plan(
  context: Context,
  names: readonly string[],
  options: CommonOptions & { readonly exitCode?: boolean; readonly messages?: boolean },
): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const { io } = context;
    const selected = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    const { plans, failed } = await planAll(app, context, selected);
    if (options.json === true)
      printJson(io, 'plan', {
        plans: plans.map(({ plan: made, policy }) => planJson(made, policy, options.messages === true)),
      });
    else showPlans(io, plans, options.messages === true);
    const skipped = plans.some(({ plan: made }) => made.problems.length > 0);
    const code = failed.exitCode(skipped);
    if (code !== exit.ok) return code;
    const pending = plans.some(({ plan: made }) => planTotals(made).messages > 0);
    return options.exitCode === true && pending ? exit.pending : exit.ok;
  });
}

/** Plans each account's policies on one login. */
export async function planAll(
  app: App,
  context: Context,
  selected: readonly AccountPolicies[],
): Promise<{ readonly plans: readonly Planned[]; readonly failed: AccountFailures }> {
  const accounts = selected.map(({ account, policies }) => ({
    ...account,
    policies,
    plans: [] as Planned[],
  }));
  const { failed } = await eachAccount(context, app.config, {
    accounts,
    step: async ({ server, account, policies, plans }) => {
      const work = app.look({ server, account });
      await using connection = work.connection;
      for (const policy of policies) {
        const input = { ...work, policy, holds: app.config.holds, now: app.clock.now() };
        const session = await connection.session();
        plans.push({ policy, plan: await makePlan({ ...input, session, isolation: work.folders }) });
      }
    },
  });
  // Also those of an account that failed later.
  return { plans: accounts.flatMap(({ plans }) => plans), failed };
}
