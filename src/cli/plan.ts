import type { App } from '../compose.ts';
import type { AccountRef } from '../domain/account.ts';
import { type Plan, planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage } from '../errors.ts';
import { makePlan } from '../plan/plan.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { byAccount, pickPolicies } from './pick-policies.ts';
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
    if (failed > 0) return failed === selected.length ? exit.failure : exit.partial;
    const pending = plans.some(({ plan: made }) => planTotals(made).messages > 0);
    return options.exitCode === true && pending ? exit.pending : exit.ok;
  });
}

/** Plans each account's policies on one login; an account that fails is reported and skipped. */
export async function planAll(
  app: App,
  { io }: Context,
  selected: readonly { readonly account: AccountRef; readonly policies: readonly Policy[] }[],
): Promise<{ readonly plans: readonly Planned[]; readonly failed: number }> {
  const plans: Planned[] = [];
  let failed = 0;
  for (const { account, policies } of selected) {
    app.signal.throwIfAborted();
    try {
      await using session = await app.mail.open(account);
      const { catalog } = app;
      for (const policy of policies) {
        const now = app.clock.now();
        plans.push({
          policy,
          plan: await makePlan({ account, session, catalog, policy, holds: app.config.holds, now }),
        });
      }
    } catch (error) {
      failed += 1;
      io.err(`${io.style('red', 'error:', 'stderr')} ${printable(errorMessage(error))}`);
    }
  }
  return { plans, failed };
}
