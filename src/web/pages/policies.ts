import type { AccountRef } from '../../domain/account.ts';
import { count, countOf } from '../../domain/count.ts';
import { describeMatch } from '../../domain/describe-match.ts';
import { formatDuration } from '../../domain/duration.ts';
import { accountMatches } from '../../domain/glob.ts';
import { describeOverride, policyFor } from '../../domain/override.ts';
import type { Policy } from '../../domain/policy.ts';
import { isAtOnce } from '../../domain/term.ts';
import { resultsText, worstOf } from '../../watch/policy-results.ts';
import { type PolicyStatus, type Status, statusOf } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import type { PlanTotals } from '../../ports/stored-plans.ts';
import type { WebSource } from '../source.ts';
import { plannedTotals } from './planned.ts';
import { accountLink, link, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';

/** Accounts that a policy names; the list of accounts has them all. */
const named = 3;

/** `/policies`: whom each covers, when it runs next, how its last runs ended, and what it will delete. */
export async function policiesPage(source: WebSource): Promise<WebPage> {
  const status = await statusOf(source);
  const planned = source.config.policies.filter(({ mode }) => mode === 'plan');
  const plans = await source.catalog.storedPlanTotals(
    planned.map(({ name }) => name),
    source.config.accounts,
  );
  const policies = source.config.policies.map((policy) => {
    const found = status.policies.find((one) => one.policy === policy.name);
    const own = plans.filter((one) => one.policy === policy.name);
    return section(policy, { found: found ?? null, status, plans: own }, source.config.accounts);
  });
  const body = html`
    <p>
      A policy frees next what it has archived and verified already, once the grace period has passed.
      Policies in plan mode are planned every night: this changes nothing. <code>mothball plan</code> shows
      which messages a policy would select now.
    </p>
    ${policies.length === 0 ? html`<p>There are no policies.</p>` : policies} ${otherSchedules(status)}
  `;
  return { title: 'Policies', section: '/policies', body };
}

interface Shown {
  readonly found: PolicyStatus | null;
  readonly status: Status;
  /** Of a policy in plan mode. */
  readonly plans: readonly PlanTotals[];
}

function section(policy: Policy, { found, status, plans }: Shown, accounts: readonly AccountRef[]): Html {
  const { held } = status;
  const { name, mode } = policy;
  const waiting = held.pending.filter((one) => one.policy === name);
  const messages = waiting.reduce((sum, one) => sum + one.messages, 0);
  const bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
  const [first] = waiting
    .flatMap(({ graceEnds }) => graceEnds ?? [])
    .toSorted((a, b) => a.getTime() - b.getTime());
  return html`<section aria-labelledby="policy-${name}">
    <h2 id="policy-${name}">${name}</h2>
    <dl class="facts">
      <dt>Mode</dt>
      <dd>${mode === 'plan' ? 'plan: it only reports, and frees nothing' : 'enforce'}</dd>
      <dt>Covers</dt>
      <dd>
        ${coverage(
          name,
          accounts.filter(({ account }) => accountMatches(policy.accounts, account)),
        )}
      </dd>
      <dt>Selects</dt>
      <dd>
        ${describeMatch(policy.match)}${policy.when === null ? '' : `, once the mailbox is over ${policy.when.quotaAbove} % full`}
      </dd>
      ${overrides(policy)}
      <dt>Does</dt>
      <dd>${actionText(policy)}</dd>
      <dt>Schedule</dt>
      <dd>
        ${policy.schedule === null ? 'not scheduled' : html`<code>${policy.schedule}</code> ${policy.timezone}`}
      </dd>
      <dt>Next run</dt>
      <dd>
        ${time(found?.next ?? null, mode === 'plan' ? 'never automatically: plan mode' : 'not scheduled')}
      </dd>
      <dt>Last run</dt>
      <dd>${lastRun(name, found)}</dd>
      ${
        mode === 'plan' &&
        html`<dt>Last plan</dt>
          <dd>${plannedTotals(hashesOf(policy, accounts), plans)}</dd>`
      }
      <dt>Will free next</dt>
      <dd>
        ${
          messages === 0
            ? 'nothing archived so far'
            : html`${sizeText(bytes)}, ${countOf(messages, 'message')} archived and verified;
              ${first === undefined ? 'kept: it no longer deletes' : html`from ${time(first)}`}`
        }
      </dd>
    </dl>
  </section>`;
}

/** What is otherwise for some accounts. */
function overrides(policy: Policy): Html | false {
  const { overrides: all = [] } = policy;
  return (
    all.length > 0 &&
    html`<dt>Overrides</dt>
      <dd>
        ${all.map(
          (one, index) =>
            html`${index > 0 && html`<br />`}${one.accounts.include.join(', ')}: ${describeOverride(one)}`,
        )}
      </dd>`
  );
}

/** Of the policy as it is now, for any of its accounts. */
function hashesOf(policy: Policy, accounts: readonly AccountRef[]): ReadonlySet<string> {
  if (policy.overrides === undefined) return new Set([policy.hash]);
  return new Set(accounts.map(({ account }) => policyFor(policy, account).hash));
}

/** The worst of its accounts counts, with the numbers of all. */
function lastRun(policy: string, found: PolicyStatus | null): Html {
  const all = html`<a href="${link('/runs', { policy, idle: 'show' })}">all runs</a>`;
  if (found === null || found.last === null) return html`never · ${all}`;
  const { last, results } = found;
  const bad = results.failed > 0 ? 'failed' : results.limit > 0 ? 'limit' : null;
  return html`${time(last.started)} ${resultTag(results)} ${resultsText(results)}
  ${bad !== null && html`· <a href="${link('/runs', { policy, result: bad })}">what failed</a>`} · ${all}`;
}

function resultTag(results: PolicyStatus['results']): Html | null {
  const worst = worstOf(results);
  return worst === null ? null : tag(worst);
}

function coverage(policy: string, accounts: readonly AccountRef[]): Html {
  if (accounts.length === 0) return html`${tag('no account')}`;
  const names = accounts.slice(0, named).map((one, index) => html`${index > 0 && ', '}${accountLink(one)}`);
  const rest = accounts.length - names.length;
  return html`${countOf(accounts.length, 'account')}:
  ${names}${rest > 0 && html` and <a href="${link('/accounts', { policy })}">${count(rest)} more</a>`}`;
}

function actionText({ archive, delete: deletes, drainTo }: Policy): string {
  const where = `archives to ${archive.to}`;
  if (deletes === null) return `${where}, deletes nothing`;
  const how = deletes.mode === 'trash' ? 'moves to Trash' : 'deletes';
  const after = isAtOnce(deletes.after) ? 'at once' : `after ${formatDuration(deletes.after)}`;
  return `${where}, ${how} ${after}${drainTo === null ? '' : `, down to ${drainTo} % of the quota`}`;
}

function otherSchedules({ jobs: list }: Status): Html {
  return html`<section aria-labelledby="jobs">
    <h2 id="jobs">Other schedules</h2>
    <dl class="facts">
      ${list.map(
        ({ job, schedule, next }) =>
          html`<dt>${job}</dt>
            <dd>${time(next)} (<code>${schedule}</code> UTC)</dd>`,
      )}
    </dl>
  </section>`;
}
