import type { App } from '../compose.ts';
import type { PlannedPolicy } from '../domain/combined-plan.ts';
import { makePlan } from '../plan/plan.ts';
import type { Context } from './context.ts';
import { type AccountFailures, eachAccount } from './each-account.ts';
import { type AccountPolicies, inRunOrder } from './pick-policies.ts';

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
