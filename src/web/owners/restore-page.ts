import { countOf } from '../../domain/count.ts';
import type { RestoreJob } from '../../ports/restore-jobs.ts';
import { html, type Html } from '../html.ts';
import { namedChoice } from '../pages/paging.ts';
import { jobFacts, refreshNote, refreshOf } from '../pages/restore-job.ts';
import type { OwnerPage } from './frame.ts';
import { restoredFolder } from './own-archive.ts';

/** Where restored mail goes. */
export function destinationChoice(): Html {
  const options = { original: 'the folder it came from', restored: `the folder "${restoredFolder}"` };
  return namedChoice('to', 'Put it into', options, 'original', null);
}

/** `/mine/restores/<job>`. */
export function ownRestorePage(job: RestoreJob): OwnerPage {
  const { wish, state, counts, fault } = job;
  const body = html`
    <dl class="facts">
      ${jobFacts(job)}
      <dt>To</dt>
      <dd>${wish.folder === null ? 'the folder it came from' : wish.folder}</dd>
    </dl>
    ${
      counts !== null &&
      html`<p role="status">
        ${countOf(counts.restored, 'message')} restored, ${counts.present} already
        there${
          counts.left > 0 &&
          html`; the rest could not be put back completely, and your administrator finds the reasons in the
          log`
        }.
      </p>`
    }
    ${state === 'failed' && html`<p class="alarm" role="alert">${failure(fault)}</p>`} ${refreshNote(job)}
    <p><a href="/mine">Back to my archived mail</a></p>
  `;
  return { title: 'Restore', body, refresh: refreshOf(job) };
}

/** The error itself names things that only administrators need, so owners get these words. */
function failure(fault: RestoreJob['fault']): string {
  switch (fault) {
    case 'locked':
      return 'Nothing was restored: your mailbox is being archived right now. Try again in some minutes.';
    case 'interrupted':
      return 'Nothing was restored: your administrator has paused the archive, or it restarts. Try again later.';
    case 'full':
      return 'Your mailbox is full. Delete some mail, then restore again: what is there already is not added twice.';
    case 'connect':
    case 'timeout':
    case 'throttled':
      return 'Your mail server could not be reached or is busy. Restore again later: what is there already is not added twice.';
    default:
      return 'The restore failed. Your administrator finds the reason in the log.';
  }
}
