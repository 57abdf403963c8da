import type { AccountRef } from '../../domain/account.ts';
import { count, countOf } from '../../domain/count.ts';
import type { Policy } from '../../domain/policy.ts';
import type { PlanAmount, PlanDifference, PlanTotals, StoredPlan } from '../../ports/stored-plans.ts';
import { withoutAccount } from '../../watch/alike.ts';
import { html, type Html } from '../html.ts';
import { htmlTable, policyName, sizeText, tag, time } from './figures.ts';

/** What the stored plans of a policy come to, on all of its accounts; `hashes` are those it has now. */
export function plannedTotals(hashes: ReadonlySet<string>, plans: readonly PlanTotals[]): Html {
  const [newest] = plans.toSorted((a, b) => (b.newest?.getTime() ?? 0) - (a.newest?.getTime() ?? 0));
  const sum = (pick: (one: PlanTotals) => number): number => plans.reduce((all, one) => all + pick(one), 0);
  const failed = sum((one) => one.failed);
  const broken = failed > 0 && html` ${tag('failed')} on ${countOf(failed, 'account')}`;
  if (newest === undefined || newest.newest === null)
    return html`not planned yet: the daemon does this every night${broken}`;
  const stale = plans.some((one) => !hashes.has(one.hash));
  return html`${time(newest.newest)}:
  ${amountText({ messages: sum((one) => one.messages), bytes: sum((one) => one.bytes) })} of
  ${countOf(
    sum((one) => one.accounts),
    'account',
  )}${broken}
  ${differenceText('than in the plan before', total(plans, 'sinceBefore'))}
  ${differenceText('than before the policy changed', total(plans, 'sinceChange'))}
  ${stale && html`<br />The policy has changed since some of these plans; they are made again at night.`}`;
}

function total(plans: readonly PlanTotals[], which: 'sinceBefore' | 'sinceChange'): PlanDifference | null {
  const known = plans.flatMap((one) => one[which] ?? []);
  if (known.length === 0) return null;
  return {
    messages: known.reduce((all, one) => all + one.messages, 0),
    bytes: known.reduce((all, one) => all + one.bytes, 0),
  };
}

/** In a few words, on a line of its own. */
function differenceText(than: string, by: PlanDifference | null): Html | false {
  if (by === null) return false;
  if (by.messages === 0 && by.bytes === 0) return html`<br />No more and no less ${than}`;
  const more = by.bytes === 0 ? by.messages > 0 : by.bytes > 0;
  return html`<br />${count(Math.abs(by.messages))} ${by.messages < 0 ? 'fewer' : 'more'}
    ${Math.abs(by.messages) === 1 ? 'message' : 'messages'}, ${sizeText(Math.abs(by.bytes))}
    ${more ? 'more' : 'less'} ${than}`;
}

function amountText({ messages, bytes }: Pick<PlanAmount, 'messages' | 'bytes'>): string {
  return `${countOf(messages, 'message')}, ${sizeText(bytes)}`;
}

const idleText: Readonly<Record<NonNullable<StoredPlan['idle']>, string>> = {
  'quota below threshold': 'nothing to do: the quota is below its threshold',
  'quota not reported': 'nothing to do: the server reports no quota',
  'no folder': 'nothing to do: it covers no folder here',
};

const columns = [
  { title: 'Policy' },
  { title: 'Planned' },
  { title: 'Would archive' },
  { title: 'Plan before' },
  { title: 'Before the policy changed' },
] as const;

/** What the policies in plan mode would do to one account. */
export function planTable(
  ref: AccountRef,
  plans: readonly StoredPlan[],
  policies: readonly Policy[],
): Html | false {
  const shown = policies.filter(({ mode }) => mode === 'plan');
  if (shown.length === 0) return false;
  const rows = shown.map(({ name, hash }) => {
    const plan = plans.find((one) => one.policy === name);
    const link = policyName(name, `/policies#policy-${name}`);
    if (plan === undefined) return [link, 'not yet', '', '', ''];
    return [
      link,
      html`${plan.last !== null && time(plan.last.at)}${plan.last !== null && plan.hash !== hash && html`; the policy has changed since`}
      ${plan.error !== null && html`${tag('failed')} ${time(plan.tried)}: ${withoutAccount(plan.error, ref)}`}`,
      plan.idle !== null ? idleText[plan.idle] : plan.last === null ? '' : amountText(plan.last),
      cellOf(plan.before),
      cellOf(plan.changed),
    ];
  });
  // Before the second plan there is nothing to compare with.
  const used = columns.filter((_, index) => index < 3 || rows.some((row) => row[index] !== ''));
  const cells = rows.map((row) =>
    row.filter((__, index) => used.some((column) => column === columns[index])),
  );
  return htmlTable('What policies in plan mode would do, as last planned', used, cells);
}

function cellOf(amount: PlanAmount | null): Html | string {
  return amount === null ? '' : html`${amountText(amount)} (${time(amount.at)})`;
}
