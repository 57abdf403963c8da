import { sql } from 'kysely';
import { uid, type Uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Suspicion } from '../ports/records.ts';
import { findFolder, folderNumber } from './folders.ts';
import { type CatalogDb, date, decodeRows, eachRow } from './rows.ts';

/** Messages whose archives did not read back as they were written. */
export function suspectRecords(db: CatalogDb): Pick<Catalog, 'suspectUids' | 'suspects' | 'clearSuspects'> {
  return {
    async suspectUids(folder, uids, at) {
      await db.write(async (trx) => {
        const folder_id = await folderNumber(trx, folder);
        await eachRow(uids, async (one) => {
          await trx
            .insertInto('suspects')
            .values({ folder_id, uid: one, times: 1, since: at.getTime() })
            .onConflict((conflict) =>
              conflict.columns(['folder_id', 'uid']).doUpdateSet({ times: sql`suspects.times + 1` }),
            )
            .execute();
        });
      });
    },

    async suspects(folder) {
      const folderId = await findFolder(db, folder);
      if (folderId === null) return new Map();
      const rows = await db
        .selectFrom('suspects')
        .select(['uid', 'times', 'since'])
        .where('folder_id', '=', folderId)
        .orderBy('uid')
        .execute();
      return new Map(
        await decodeRows(rows, (row): [Uid, Suspicion] => [
          uid(row.uid),
          { times: row.times, since: date(row.since) },
        ]),
      );
    },

    async clearSuspects(folder, uids) {
      await db.write(async (trx) => {
        const folderId = await findFolder(trx, folder);
        if (folderId === null) return;
        await eachRow(uids, async (one) => {
          await trx.deleteFrom('suspects').where('folder_id', '=', folderId).where('uid', '=', one).execute();
        });
      });
    },
  };
}
