import type { AccountRef } from '../domain/account.ts';
import { countOf } from '../domain/count.ts';
import { covering } from '../domain/override.ts';
import { planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { errorMessage } from '../errors.ts';
import { makePlan } from '../plan/plan.ts';
import type { NewPlan } from '../ports/stored-plans.ts';
import { accountPauseText } from '../work/account-pause.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { JobContext } from './job-context.ts';

/** The policies in plan mode that cover the account, as they are for it. */
export function plannedPolicies(policies: readonly Policy[], { account }: AccountRef): readonly Policy[] {
  return covering(
    policies.filter(({ mode }) => mode === 'plan'),
    account,
  );
}

/**
 * Plans what the policies in plan mode would do to one account, through the same code as the command
 * `plan`, and stores what it comes to. Reading needs no lock. Never throws.
 */
export async function planJob(context: JobContext, ref: AccountRef): Promise<void> {
  const { active, activity, log, servers } = context;
  const { app, config } = active;
  const policies = plannedPolicies(config.policies, ref);
  if (policies.length === 0 || app.signal.aborted || servers.refusal(ref.server) !== null) return;
  const left = await app.catalog.accountPause(ref);
  if (left !== null && app.clock.now() < left.until)
    return log.debug(`not planned: ${accountPauseText(left)}`, { ...ref });
  using _activity = activity.begin('plan', ref);
  const work = app.look(ref);
  try {
    await using _connection = work.connection;
    for (const policy of policies) {
      if (app.signal.aborted) return;
      await store(context, work, policy);
    }
  } catch (error) {
    log.warn(`the plan failed: ${errorMessage(error)}`, { ...ref });
  }
}

/** One policy that fails does not hold up the others. @throws `database`. */
async function store({ active, log }: JobContext, work: AccountWork, policy: Policy): Promise<void> {
  const { app, config } = active;
  const { server, account } = work.account;
  const fields = { server, account, policy: policy.name };
  const at = app.clock.now();
  const made = await madeBy(work, policy, { holds: config.holds, now: at });
  if (app.signal.aborted) return;
  await app.catalog.storePlan({ policy: policy.name, server, account, hash: policy.hash, at, made });
  if ('error' in made) log.warn(`the plan failed: ${made.error}`, fields);
  else log.debug(`planned: ${countOf(made.messages, 'message')}`, fields);
}

type Moment = Pick<Parameters<typeof makePlan>[0], 'holds' | 'now'>;

async function madeBy(work: AccountWork, policy: Policy, moment: Moment): Promise<NewPlan['made']> {
  try {
    const session = await work.connection.session();
    const plan = await makePlan({ ...work, ...moment, policy, session, isolation: work.folders });
    return { ...planTotals(plan), idle: plan.idle?.kind ?? null };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}
