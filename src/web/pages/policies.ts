import { countOf } from '../../domain/count.ts';
import { describeMatch } from '../../domain/describe-match.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Policy } from '../../domain/policy.ts';
import { type PolicyStatus, type Status, statusOf } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { link, runPath, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';

/** `/policies`: when each runs next, how its last run ended, and what it will delete. */
export async function policiesPage(source: WebSource): Promise<WebPage> {
  const status = await statusOf(source);
  const policies = source.config.policies.map((policy) => {
    const found = status.policies.find((one) => one.policy === policy.name);
    return section(policy, found ?? null, status);
  });
  const body = html`
    <p>
      A policy frees next what it has archived and verified already, once the grace period has passed. Run
      <code>mothball plan</code> to see which further messages it would select.
    </p>
    ${policies.length === 0 ? html`<p>There are no policies.</p>` : policies} ${otherSchedules(status)}
  `;
  return { title: 'Policies', section: '/policies', body };
}

function section(policy: Policy, found: PolicyStatus | null, { held }: Status): Html {
  const { name, mode } = policy;
  const waiting = held.pending.filter((one) => one.policy === name);
  const messages = waiting.reduce((sum, one) => sum + one.messages, 0);
  const bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
  const [first] = waiting
    .flatMap(({ graceEnds }) => graceEnds ?? [])
    .toSorted((a, b) => a.getTime() - b.getTime());
  const last = found?.last ?? null;
  return html`<section aria-labelledby="policy-${name}">
    <h2 id="policy-${name}">${name}</h2>
    <dl class="facts">
      <dt>Mode</dt>
      <dd>${mode === 'plan' ? 'plan: it only reports, and frees nothing' : 'enforce'}</dd>
      <dt>Selects</dt>
      <dd>
        ${describeMatch(policy.match)}${policy.when === null ? '' : `, when the quota is above ${policy.when.quotaAbove} %`}
      </dd>
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
      <dd>
        ${
          last === null
            ? 'never'
            : html`<a href="${runPath(last.id)}">${time(last.started)}</a> ${tag(last.result ?? 'not ended')}`
        }
        · <a href="${link('/runs', { policy: name })}">all runs</a>
      </dd>
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

function actionText({ archive, delete: deletes, drainTo }: Policy): string {
  const where = `archives to ${archive.to}`;
  if (deletes === null) return `${where}, deletes nothing`;
  const how = deletes.mode === 'trash' ? 'moves to Trash' : 'deletes';
  const after = deletes.after.count === 0 ? 'at once' : `after ${formatDuration(deletes.after)}`;
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
