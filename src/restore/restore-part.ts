import { type AccountRef, sameAccount } from '../domain/account.ts';
import { countOf } from '../domain/count.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import { wantedTotals } from '../read/wanted.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { AccountPart } from './parts.ts';
import { restore, type RestoreReport } from './restore.ts';

/** What a restore of one account needs. */
export interface RestoreTools {
  readonly clock: Clock;
  readonly progress: Progress;
  /** For the audit. */
  readonly who: string;
  /** Does the job under the lock of the account. */
  withAccount(
    account: AccountRef,
    job: (work: LockedWork) => Promise<RestoreReport>,
  ): Promise<RestoreReport | 'locked'>;
}

/** Restores what goes to one account, after an entry in the audit for each archive. `locked`: nothing was done. */
export async function restorePart(tools: RestoreTools, part: AccountPart): Promise<RestoreReport | 'locked'> {
  const { clock, progress, who } = tools;
  const { account, wanted, folder, maps } = part;
  return tools.withAccount(account, async (work) => {
    for (const { record, lines } of wanted) {
      const detail = `${countOf(lines.length, 'message')} of ${record.id} to ${folder ?? placeText(account, record)}`;
      await work.catalog.addAudit({
        at: clock.now(),
        who,
        action: 'restore',
        account: account.account,
        detail,
      });
    }
    progress.begin(`${account.account}: restoring`, wantedTotals(wanted));
    try {
      return await restore(work, wanted, folder, maps);
    } finally {
      progress.end();
    }
  });
}

/** For the audit. */
function placeText(target: AccountRef, record: AccountRef & { readonly folder: string }): string {
  return sameAccount(target, record) ? record.folder : `${target.account} on ${target.server}`;
}
