import { type Expression, sql, type SqlBool } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import { uidValidity } from '../domain/brands.ts';
import type { Spelling } from '../domain/server-path.ts';
import type { FolderRef } from '../ports/records.ts';
import type { Db } from './rows.ts';
import type { FolderTable } from './schema.ts';
import { words } from './words-of.ts';

/** Number of this very folder, or null when nothing was recorded of it. */
export async function findFolder(db: Db, folder: FolderRef): Promise<number | null> {
  const row = await db
    .selectFrom('folders')
    .select('id')
    .where('server', '=', folder.server)
    .where('account', '=', folder.account)
    .where('folder', '=', folder.folder)
    .where('uid_validity', '=', folder.uidValidity)
    // SAFETY I4: a folder without MAILBOXID is not the one with one, whatever its name. The
    // expression is the one of the unique index.
    .where(sql<string>`coalesce(mailbox_id, '')`, '=', folder.mailboxId ?? '')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Number of this folder, given to it now if it has none. Inside a write transaction only. */
export async function folderNumber(trx: Db, folder: FolderRef): Promise<number> {
  const known = await findFolder(trx, folder);
  if (known !== null) return known;
  const row = await trx
    .insertInto('folders')
    .values({
      server: folder.server,
      account: folder.account,
      folder: folder.folder,
      uid_validity: folder.uidValidity,
      mailbox_id: folder.mailboxId,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export function decodeFolder(row: Omit<FolderTable, 'id'>): FolderRef {
  return {
    server: row.server,
    account: row.account,
    folder: row.folder,
    uidValidity: uidValidity(row.uid_validity),
    mailboxId: row.mailbox_id,
  };
}

/** Null: the record has none. */
export function decodeSpelling({ delimiter, prefix }: SpellingColumns): Spelling | null {
  return prefix === null ? null : { delimiter, prefix };
}

interface SpellingColumns {
  readonly delimiter: string | null;
  readonly prefix: string | null;
}

/** That (folders.server, folders.account) is one of these; one parameter, however many there are. */
export function isOneOf(db: Db, accounts: readonly AccountRef[]): Expression<SqlBool> {
  return words(db).accountIn(['folders.server', 'folders.account'], accounts);
}
