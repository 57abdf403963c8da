import type { App } from '../compose.ts';
import { bytes } from '../domain/brands.ts';
import type { PlannedPolicy } from '../domain/combined-plan.ts';
import { countOf } from '../domain/count.ts';
import { add } from '../domain/duration.ts';
import { planTotals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { formatBytes } from '../domain/size.ts';
import { isAtOnce } from '../domain/term.ts';
import { pendingPurges } from '../watch/pending.ts';
import type { Context } from './context.ts';
import type { AccountPolicies } from './pick-policies.ts';
import { plannedAccounts } from './planned-account.ts';
import { planAll } from './plan-all.ts';
import { timeText } from './when.ts';

/**
 * What `run` asks before it acts: how much leaves, and when it is deleted. Looks at the accounts first,
 * and shows what each policy would do. Null: no policy that deletes is among them, so nothing is asked.
 */
export async function runQuestion(
  app: App,
  context: Context,
  selected: readonly AccountPolicies[],
  liftLimits: boolean,
): Promise<string | null> {
  const acting = selected.map(({ account, policies }) => ({
    account,
    policies: policies.filter(({ mode }) => mode === 'enforce'),
  }));
  const names = new Set(acting.flatMap((one) => one.policies.map(({ name }) => name)));
  const policies = app.config.policies.filter(({ name }) => names.has(name));
  if (policies.every((policy) => policy.delete === null)) return null;
  context.io.err('looking at what would be done …');
  const { plans } = await planAll(app, context, acting);
  for (const policy of policies) context.io.err(policyText(policy, plans, app.clock.now(), context.zone));
  const due = await dueText(app, selected);
  if (due !== null) context.io.err(due);
  const busy = plannedAccounts(plans).filter(({ combined }) => combined.messages > 0);
  const messages = busy.reduce((sum, { combined }) => sum + combined.messages, 0);
  const size = busy.reduce((sum, { combined }) => sum + combined.bytes, 0);
  const lift = liftLimits ? ' WITHOUT their safety limits' : '';
  if (messages === 0) return `No message is selected now. Run the policies all the same${lift}?`;
  return `Archive, verify and delete ${countOf(messages, 'message')} (${formatBytes(bytes(size))}) of ${countOf(busy.length, 'account')} by ${countOf(policies.length, 'policy', 'policies')}${lift}?`;
}

function policyText(policy: Policy, plans: readonly PlannedPolicy[], now: Date, zone: string): string {
  const sums = plans
    .filter(({ plan }) => plan.policy === policy.name)
    .map(({ plan }) => planTotals(plan))
    .filter((one) => one.messages > 0);
  const messages = sums.reduce((sum, one) => sum + one.messages, 0);
  const size = sums.reduce((sum, one) => sum + one.bytes, 0);
  return `  ${policy.name}: ${countOf(messages, 'message')}, ${formatBytes(bytes(size))} of ${countOf(sums.length, 'account')}; ${whenDeleted(policy, now, zone)}`;
}

function whenDeleted(policy: Policy, now: Date, zone: string): string {
  const rule = policy.delete;
  if (rule === null) return 'only archived, not deleted';
  const how = rule.mode === 'trash' ? 'moved to Trash' : 'deleted';
  const later = (policy.overrides ?? []).some(({ after }) => after !== null);
  const when = isAtOnce(rule.after)
    ? 'at once, when the copy is verified'
    : `from ${timeText(add(now, rule.after, policy.timezone), zone)}`;
  return `${how} ${when}${later ? '; later where an override says so' : ''}`;
}

/** What was archived before and may be deleted by now; null: nothing. */
async function dueText(app: App, selected: readonly AccountPolicies[]): Promise<string | null> {
  const now = app.clock.now();
  const due = (await pendingPurges(app)).filter(
    ({ server, account, policy, graceEnds }) =>
      graceEnds !== null &&
      graceEnds <= now &&
      selected.some(
        (one) =>
          one.account.server === server &&
          one.account.account === account &&
          one.policies.some(({ name }) => name === policy),
      ),
  );
  if (due.length === 0) return null;
  const messages = due.reduce((sum, one) => sum + one.messages, 0);
  const size = due.reduce((sum, one) => sum + one.bytes, 0);
  return `  archived before: of ${countOf(messages, 'message')}, ${formatBytes(bytes(size))}, those whose time has come are deleted`;
}
