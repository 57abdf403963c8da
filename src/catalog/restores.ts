import { uid, type Sha256, type Uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import { findFolder, folderNumber } from './folders.ts';
import { decodeRows, digestFromBlob, digestToBlob, eachRow, type Db } from './rows.ts';

type Restores =
  'addRestores' | 'restoredUids' | 'trashedUids' | 'alteredCopies' | 'quarantineUid' | 'quarantinedUids';

/** Messages that policies leave alone: those a restore made, and those that can't be archived. */
export function restoreRecords(db: Db): Pick<Catalog, Restores> {
  return {
    async addRestores(records) {
      await db.transaction().execute(async (trx) => {
        await eachRow(records, async (record) => {
          await trx
            .insertInto('restores')
            .values({
              server: record.server,
              account: record.account,
              folder: record.folder,
              uid_validity: record.uidValidity,
              uid: record.uid,
              sha256: digestToBlob(record.sha256),
              outcome: record.outcome,
              detail: record.detail,
              at: record.at.getTime(),
            })
            .execute();
        });
      });
    },

    async restoredUids(account, folder, uidValidity, since) {
      const rows = await db
        .selectFrom('restores')
        .select('uid')
        .distinct()
        .where('server', '=', account.server)
        .where('account', '=', account.account)
        .where('folder', '=', folder)
        .where('uid_validity', '=', uidValidity)
        .where('at', '>=', since.getTime())
        .where('outcome', '!=', 'trashed')
        .where('uid', 'is not', null)
        .$narrowType<{ uid: number }>()
        .execute();
      return new Set<Uid>(await decodeRows(rows, (row) => uid(row.uid)));
    },

    async trashedUids(policy, account, folder, uidValidity) {
      const rows = await db
        .selectFrom('restores')
        .select('uid')
        .distinct()
        .where('server', '=', account.server)
        .where('account', '=', account.account)
        .where('folder', '=', folder)
        .where('uid_validity', '=', uidValidity)
        .where('outcome', '=', 'trashed')
        .where('detail', '=', policy)
        .where('uid', 'is not', null)
        .$narrowType<{ uid: number }>()
        .execute();
      return new Set<Uid>(await decodeRows(rows, (row) => uid(row.uid)));
    },

    async alteredCopies(account, folder, uidValidity) {
      const rows = await db
        .selectFrom('restores')
        .select('sha256')
        .select(({ fn }) => fn.countAll<number>().as('copies'))
        .where('server', '=', account.server)
        .where('account', '=', account.account)
        .where('folder', '=', folder)
        .where('uid_validity', '=', uidValidity)
        .where('outcome', '=', 'altered')
        .groupBy('sha256')
        .execute();
      const failures = await decodeRows(rows, (row): [Sha256, number] => [
        digestFromBlob(row.sha256),
        row.copies,
      ]);
      return new Map(failures);
    },

    async quarantineUid(entry) {
      await db.transaction().execute(async (trx) => {
        const what = { reason: entry.reason, at: entry.at.getTime() };
        await trx
          .insertInto('quarantine')
          .values({ folder_id: await folderNumber(trx, entry), uid: entry.uid, ...what })
          .onConflict((conflict) => conflict.columns(['folder_id', 'uid']).doUpdateSet(what))
          .execute();
      });
    },

    async quarantinedUids(folder) {
      const folderId = await findFolder(db, folder);
      if (folderId === null) return new Map();
      const rows = await db
        .selectFrom('quarantine')
        .select(['uid', 'reason'])
        .where('folder_id', '=', folderId)
        .orderBy('uid')
        .execute();
      return new Map(await decodeRows(rows, (row): [Uid, string] => [uid(row.uid), row.reason]));
    },
  };
}
