import { accountKey } from '../domain/account.ts';
import type { Status } from './status.ts';

/**
 * What is shown beside the accounts that their server wants to be left alone: an account that only
 * waits is named there once, and neither its postponed job nor the scan that the pause ended counts as
 * a failure.
 */
export function besidePauses({
  paused,
  postponed,
  unread,
}: Pick<Status['held'], 'paused' | 'postponed' | 'unread'>): Pick<Status['held'], 'postponed' | 'unread'> {
  const since = new Map(paused.map((one) => [accountKey(one), one.since.getTime()]));
  return {
    postponed: postponed.filter((one) => !since.has(accountKey(one))),
    // What went wrong before the pause began is a failure of its own.
    unread: unread.filter((one) => one.at.getTime() < (since.get(accountKey(one)) ?? Infinity)),
  };
}
