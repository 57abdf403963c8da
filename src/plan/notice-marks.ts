import type { NoticeMarks } from '../domain/notice-mark.ts';
import type { Policy } from '../domain/policy.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { FolderRef } from '../ports/records.ts';

/** How notices are told from other mail in a folder. Where none was ever sent, no header is asked for. */
export async function noticeMarks(
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
