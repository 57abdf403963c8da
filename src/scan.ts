import type { FolderSize } from './domain/folder.ts';
import type { QuotaRoot } from './domain/quota.ts';
import type { AccountRef, MailSession } from './ports/mail.ts';

/** What an account holds and may hold. */
export interface AccountMeasure extends AccountRef {
  /** Null where the server has no QUOTA. */
  readonly roots: readonly QuotaRoot[] | null;
  readonly folders: readonly (FolderSize & { readonly path: string })[];
}

/** Quota roots and folder sizes of one account; folders that only mirror others are left out. */
export async function measure(account: AccountRef, session: MailSession): Promise<AccountMeasure> {
  const paths = (await session.folders())
    .filter((folder) => folder.selectable && !folder.mirror)
    .map((folder) => folder.path);
  const roots = await session.quota(paths);
  const folders = [];
  for (const path of paths) folders.push({ path, ...(await session.size(path)) });
  return { ...account, roots, folders };
}
