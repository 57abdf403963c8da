import { countOf } from '../../domain/count.ts';
import type { RestoreJob } from '../../ports/restore-jobs.ts';
import { html, type Html } from '../html.ts';
import { tag, time } from './figures.ts';

/** Seconds between two looks at a job that runs. */
const refreshSeconds = 2;

function isOpen({ state }: RestoreJob): boolean {
  return state === 'waiting' || state === 'running';
}

/** How far a restore is, as entries of a `dl`. */
export function jobFacts({ state, started, messages: { done, total } }: RestoreJob): Html {
  return html`<dt>State</dt>
    <dd>${tag(state)}</dd>
    <dt>Started</dt>
    <dd>${time(started)}</dd>
    <dt>Progress</dt>
    <dd>${total === 0 ? 'not begun' : `${done} of ${countOf(total, 'message')}`}</dd>`;
}

/** While it runs, its page loads itself again; null: not any more. */
export function refreshOf(job: RestoreJob): number | null {
  return isOpen(job) ? refreshSeconds : null;
}

export function refreshNote(job: RestoreJob): Html | false {
  return isOpen(job) && html`<p class="note">This page loads itself again until the restore has ended.</p>`;
}
