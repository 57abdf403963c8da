import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { type Context, printJson, selectAccounts, withApp } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { arranged, fleetWish } from './fleet.ts';
import { byAccount, inRunOrder, pickPolicies } from './pick-policies.ts';
import { showPlanFleet } from './plan-fleet.ts';
import { planJson } from './plan-json.ts';
import { showPlans } from './plan-output.ts';
import { plannedAccounts } from './planned-account.ts';
import { planAll } from './plan-all.ts';

/** Plans of all policies, and what earlier runs left that a `run` would finish. Writes nothing. */
export async function dryRun(context: Context, names: readonly string[]): Promise<ExitCode> {
  const wish = fleetWish({});
  return withApp(context, 'read-only', async (app) => {
    const { io, options } = context;
    const selected = byAccount(selectAccounts(app.config, context), pickPolicies(app.config, names));
    const { plans, failed } = await planAll(app, context, selected);
    const pending = [];
    for (const { account } of selected) {
      const rows = await app.catalog.pendingTotals(account);
      for (const row of rows) pending.push({ ...account, ...row });
      for (const batch of await app.catalog.openBatches(account)) {
        pending.push({
          ...account,
          policy: batch.policy,
          folder: batch.folder,
          messages: batch.uids.length,
          bytes: null,
        });
      }
    }
    if (options.json === true)
      printJson(io, 'dry-run', {
        plans: plans.map(({ plan, policy }) => planJson(plan, policy, false)),
        pending,
      });
    else {
      const rows = plannedAccounts(plans);
      const policies = inRunOrder(pickPolicies(app.config, names));
      if (rows.length > 1)
        showPlanFleet(
          context,
          arranged(rows, wish),
          { accounts: rows, policies, failed: failed.count },
          wish,
        );
      else for (const row of rows) showPlans(io, row, false);
      for (const row of pending)
        io.out(
          `left from earlier runs: ${printable(row.account)} ${printable(row.folder)}: ${countOf(row.messages, 'message')} of ${row.policy}, ${row.bytes === null ? 'not archived yet' : 'archived, awaiting deletion'}`,
        );
    }
    return failed.exitCode(plans.some(({ plan }) => plan.problems.length > 0));
  });
}
