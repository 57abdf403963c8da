import type { AccountRef } from '../../domain/account.ts';
import { shortId } from '../../domain/brands.ts';
import { count, countOf } from '../../domain/count.ts';
import { alike, general, reasonOn } from '../../watch/alike.ts';
import { besidePauses } from '../../watch/paused.ts';
import { soonest } from '../../watch/pending.ts';
import { type HeldUp, isPaused } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import { accountLink, link, sizeText, tag, time } from './figures.ts';

/** Lines shown of each kind: the first few of ten thousand failures are enough. */
const shown = 10;
/** Accounts that a line names. */
const named = 2;

/** What failed or is damaged, what is alike in one line. */
export function attention({ daemons, held }: HeldUp): readonly Html[] {
  const { unread, postponed: later } = besidePauses(held);
  return [
    ...daemons.flatMap(({ state }) =>
      state.reload.problems.map((problem) => html`The configuration was not loaded: ${problem}`),
    ),
    ...few(held.stores, ({ store, reason }) => html`Store "${store}" is disabled: ${reason}`),
    ...few(
      alike(held.runs, (run) => JSON.stringify([run.policy, run.result, general(run.reason, run)])),
      (runs) => {
        const [{ policy, result }] = runs;
        const when = time(newest(runs.map(({ finished }) => finished)));
        const which = html`<a href="${link('/runs', { policy, result })}">${policy}</a> on ${names(runs)}`;
        if (result === 'limit')
          return html`${which}: stopped by a safety limit ${when}; <code>mothball plan ${policy}</code> shows
            by how much`;
        return html`${which}: failed ${when}${runs[0].reason === null ? null : html`: ${reasonOn(runs)}`}`;
      },
    ),
    ...few(
      alike(unread, (one) => general(one.reason, one)),
      (group) =>
        html`${names(group)} could not be scanned ${time(newest(group.map(({ at }) => at)))}:
        ${reasonOn(group)}`,
    ),
    ...few(
      alike(
        later.filter((one) => !isPaused(one)),
        (one) => general(one.reason, one),
      ),
      (group) => postponed(group),
    ),
    ...few(
      alike(held.quarantined, ({ store, reason }) => JSON.stringify([store, reason])),
      (group) => {
        const [{ id, store, reason }] = group;
        const archive = html`<a href="/archives/${id}">${shortId(id)}</a>`;
        const what =
          group.length === 1
            ? html`Archive ${archive} in store "${store}" is quarantined`
            : html`<a href="${link('/archives', { store, state: 'quarantined' })}"
                  >${countOf(group.length, 'archive')}</a
                >
                in store "${store}", like ${archive}, are quarantined`;
        return html`${what}: ${reason ?? ''}`;
      },
    ),
  ];
}

/** What only waits, as it should: pauses, and grace periods summed up by policy. */
function waiting({ held }: HeldUp): readonly Html[] {
  const { postponed: later } = besidePauses(held);
  return [
    ...few(
      alike(held.paused, ({ server, words, until }) => JSON.stringify([server, words, until])),
      (group) =>
        html`${names(group)}: paused until ${time(group[0].until)}, because of the limits of the server:
        ${group[0].words}`,
    ),
    ...few(
      alike(later.filter(isPaused), ({ reason }) => reason),
      (group) => postponed(group),
    ),
    ...few(
      alike(held.pending, ({ policy, graceEnds }) => JSON.stringify([policy, graceEnds === null])),
      (group) => {
        const [{ policy, graceEnds }] = group;
        const messages = group.reduce((sum, one) => sum + one.messages, 0);
        const size = group.reduce((sum, one) => sum + one.bytes, 0);
        const what = html`<a href="${link('/archives', { policy })}">${policy}</a>:
          ${countOf(messages, 'message')}, ${sizeText(size)} of ${names(group, 1)}`;
        return graceEnds === null
          ? html`${what}: archived, and kept: the policy no longer deletes`
          : html`${what}: archived, may be deleted from ${time(soonest(group, graceEnds))}`;
      },
    ),
  ];
}

/** In red, and there in any case. */
export function attentionSection(bad: readonly Html[]): Html {
  return html`<section aria-labelledby="attention" class="${bad.length === 0 ? 'calmly' : 'alarm'}">
    <h2 id="attention">Needs attention</h2>
    ${bad.length === 0 ? html`<p>${tag('ok')} Nothing failed, and nothing is damaged.</p>` : list(bad)}
  </section>`;
}

export function waitingSection(status: HeldUp): Html | false {
  const calm = waiting(status);
  return (
    calm.length > 0 &&
    html`<section aria-labelledby="waiting">
      <h2 id="waiting">Waiting</h2>
      ${list(calm)}
    </section>`
  );
}

function list(items: readonly Html[]): Html {
  return html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}

type Postponed = HeldUp['held']['postponed'][number];

function postponed(group: readonly [Postponed, ...Postponed[]]): Html {
  const next = group.reduce((least, { until }) => (until < least ? until : least), group[0].until);
  return html`${names(group)}: ${reasonOn(group)}; tried again ${time(next)}`;
}

/** All names of a few accounts, else their number and the first of them. */
function names(accounts: readonly [AccountRef, ...AccountRef[]], most = named): Html {
  const [first, second] = accounts;
  if (accounts.length <= most)
    return html`${on(first)}${second === undefined ? null : html` and ${on(second)}`}`;
  return html`${countOf(accounts.length, 'account')}${most > 1 && html`, like ${on(first)}`}`;
}

function on(ref: AccountRef): Html {
  return html`${accountLink(ref)} on ${ref.server}`;
}

function newest(dates: readonly (Date | null)[]): Date | null {
  return dates.reduce((last, at) => (at !== null && (last === null || at > last) ? at : last), null);
}

function few<T>(all: readonly T[], show: (item: T) => Html): readonly Html[] {
  const rest = all.length - shown;
  const first = all.slice(0, shown).map(show);
  return rest > 0 ? [...first, html`and ${count(rest)} more like these`] : first;
}
