import type { AccountRef } from '../domain/account.ts';
import { subtract } from '../domain/duration.ts';
import type { Folder } from '../domain/folder.ts';
import { folderSelected } from '../domain/glob.ts';
import { headersNeeded, needsSaveDate } from '../domain/match.ts';
import { noticeHeader, type NoticeMarks } from '../domain/notice-mark.ts';
import type { Hold, Match, Policy } from '../domain/policy.ts';
import { holdsOn, type SelectionRules } from '../domain/selection.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { FetchMetaOptions } from '../ports/mail.ts';
import type { FolderRef } from '../ports/records.ts';
import { holdsOnGmail, labelRules, type Labels } from './gmail-folders.ts';

/** Whether a policy may look at a folder: personal unless widened, never a mirror. On Gmail see there. */
export function inScope(folder: Folder, policy: Policy, gmail = false): boolean {
  if (gmail) return holdsOnGmail(folder, policy);
  return (
    folder.selectable &&
    !folder.mirror &&
    policy.folders.namespaces.includes(folder.namespace) &&
    folderSelected(policy.folders, folder)
  );
}

/** What decides on mail apart from the policy itself. */
export interface RuleSources {
  readonly account: AccountRef;
  readonly catalog: Pick<Catalog, 'restoredUids' | 'quarantinedUids' | 'notices'>;
  /** All holds as they are loaded now. */
  readonly holds: readonly Hold[];
  readonly now: Date;
  /** On Gmail; default: the server has no labels. */
  readonly labels?: Labels;
}

/**
 * Today's rules for the mail of one folder: the policy, holds, restored and quarantined messages,
 * notices. The first look (SAFETY step 2) and the recheck (SAFETY step 9) both decide by these.
 */
export async function rulesFor(
  { account, catalog, holds, now, labels = null }: RuleSources,
  policy: Policy,
  folder: Folder,
  ref: FolderRef,
): Promise<SelectionRules> {
  const byLabel = labelRules(labels, folder);
  const since = subtract(now, policy.restoredKeep, 'UTC');
  return {
    policy,
    holds: holdsOn(account.account, folder, holds),
    now,
    restored: await catalog.restoredUids(account, ref.folder, ref.uidValidity, since),
    quarantined: await catalog.quarantinedUids(ref),
    notices: await noticeMarks(catalog, ref, policy),
    ...(byLabel === null ? {} : { labels: byLabel }),
  };
}

/** What FETCH must report so that these matches and the rules can be decided. */
export function fetchFor(
  matches: readonly Match[],
  { holds, notices }: Pick<SelectionRules, 'holds' | 'notices'>,
): FetchMetaOptions {
  const all = [...matches, ...holds.flatMap((hold) => hold.match ?? [])];
  const marks = notices.look ? [noticeHeader] : [];
  return {
    headers: [...new Set([...all.flatMap(headersNeeded), ...marks])],
    saveDate: all.some(needsSaveDate),
  };
}

/** How to recognise notices in a folder. Where none was ever sent, no header is asked for. */
async function noticeMarks(
  catalog: Pick<Catalog, 'notices'>,
  ref: FolderRef,
  { notify }: Pick<Policy, 'notify'>,
): Promise<NoticeMarks> {
  const records = await catalog.notices({ server: ref.server, account: ref.account });
  const here = records.filter(
    ({ folder, uidValidity }) => folder === ref.folder && uidValidity === ref.uidValidity,
  );
  return {
    // With `notify` also when the catalog knows of none: it may have been lost.
    look: notify !== null || records.some(({ state }) => state !== 'refused'),
    uids: new Set(here.flatMap(({ uid }) => uid ?? [])),
  };
}
