import type { AccountRef } from '../../domain/account.ts';
import { shortId } from '../../domain/brands.ts';
import { count, countOf } from '../../domain/count.ts';
import type { Status } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import { accountLink, link, sizeText, time } from './figures.ts';

/** Lines shown of each kind: the first few of ten thousand failures are enough. */
const shown = 20;

/** What is held up, and why. */
export function heldUp({ daemons, held, pause }: Status): Html {
  const items = [
    ...(pause === null ? [] : [html`<li>Everything: paused by ${pause.who}.</li>`]),
    ...daemons.flatMap(({ state }) =>
      state.reload.problems.map((problem) => html`<li>The configuration was not loaded: ${problem}</li>`),
    ),
    ...few(held.stores, ({ store, reason }) => html`<li>Store "${store}" is disabled: ${reason}</li>`),
    ...few(held.runs, (run) => {
      const runs = link('/runs', { policy: run.policy, account: run.account });
      return html`<li>
        <a href="${runs}">${run.policy}</a> on ${on(run)}:
        ${run.result === 'limit' ? 'stopped by a safety limit' : 'failed'} ${time(run.finished)}
      </li>`;
    }),
    ...few(
      held.paused,
      (one) =>
        html`<li>
          ${on(one)}: paused until ${time(one.until)}, because of its server's limits: ${one.words}
        </li>`,
    ),
    ...few(held.postponed, (one) => html`<li>${on(one)}: ${one.reason}; tried again ${time(one.until)}</li>`),
    ...few(
      held.unread,
      (one) => html`<li>${on(one)} could not be scanned ${time(one.at)}: ${one.reason}</li>`,
    ),
    ...few(
      held.quarantined,
      ({ id, store, reason }) =>
        html`<li>
          Archive <a href="/archives/${id}">${shortId(id)}</a> in store "${store}" is quarantined:
          ${reason ?? ''}
        </li>`,
    ),
    ...few(
      held.pending,
      (one) =>
        html`<li>
          ${countOf(one.messages, 'message')} (${sizeText(one.bytes)}) of ${on(one)}, archived by
          ${one.policy},
          ${
            one.graceEnds === null
              ? 'kept: the policy no longer deletes'
              : html`may be deleted from ${time(one.graceEnds)}`
          }
        </li>`,
    ),
  ];
  return items.length === 0
    ? html`<p>Nothing.</p>`
    : html`<ul>
        ${items}
      </ul>`;
}

function on(ref: AccountRef): Html {
  return html`${accountLink(ref)} on ${ref.server}`;
}

function few<T>(list: readonly T[], show: (item: T) => Html): readonly Html[] {
  const rest = list.length - shown;
  const first = list.slice(0, shown).map(show);
  return rest > 0 ? [...first, html`<li>and ${count(rest)} more like these</li>`] : first;
}
