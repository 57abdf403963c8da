import { sql } from 'kysely';
import { uid, type Uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import { decodeFolder, findFolder, folderNumber, isOneOf } from './folders.ts';
import { type CatalogDb, date, type Db, decodeRows, eachRow } from './rows.ts';

type QuarantineLooks = 'quarantinedUids' | 'quarantineList';
type QuarantineChanges = 'quarantineUid' | 'blameUid' | 'liftQuarantine';

/** Messages that can't be archived and are never deleted (SAFETY step 4). */
export function quarantineRecords(db: CatalogDb): Pick<Catalog, QuarantineLooks | QuarantineChanges> {
  return { ...quarantineLooks(db), ...quarantineChanges(db) };
}

function quarantineChanges(db: CatalogDb): Pick<Catalog, QuarantineChanges> {
  return {
    async quarantineUid(entry) {
      await db.write(async (trx) => {
        const what = { reason: entry.reason, at: entry.at.getTime() };
        const folder_id = await folderNumber(trx, entry);
        await trx
          .insertInto('quarantine')
          .values({ folder_id, uid: entry.uid, ...what })
          .onConflict((conflict) => conflict.columns(['folder_id', 'uid']).doUpdateSet(what))
          .execute();
        await forgetBlame(trx, folder_id, entry.uid);
      });
    },

    async blameUid(entry) {
      return await db.write(async (trx) => {
        const at = entry.at.getTime();
        const { times } = await trx
          .insertInto('blames')
          .values({ folder_id: await folderNumber(trx, entry), uid: entry.uid, times: 1, at })
          .onConflict((conflict) =>
            conflict.columns(['folder_id', 'uid']).doUpdateSet({ times: sql`blames.times + 1`, at }),
          )
          .returning('times')
          .executeTakeFirstOrThrow();
        return times;
      });
    },

    async liftQuarantine(lifted) {
      await db.write(async (trx) => {
        await eachRow(lifted, async (entry) => {
          const folderId = await findFolder(trx, entry);
          if (folderId === null) return;
          await trx
            .deleteFrom('quarantine')
            .where('folder_id', '=', folderId)
            .where('uid', '=', entry.uid)
            .execute();
        });
      });
    },
  };
}

function quarantineLooks(db: Db): Pick<Catalog, QuarantineLooks> {
  return {
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

    async quarantineList(accounts) {
      const rows = await db
        .selectFrom('quarantine')
        .innerJoin('folders', 'folders.id', 'quarantine.folder_id')
        .select(['quarantine.uid', 'quarantine.reason', 'quarantine.at'])
        .select(['folders.server', 'folders.account', 'folders.folder'])
        .select(['folders.uid_validity', 'folders.mailbox_id'])
        .$if(accounts !== undefined, (query) => query.where(isOneOf(db, accounts ?? [])))
        .orderBy('folders.server')
        .orderBy('folders.account')
        .orderBy('folders.folder')
        .orderBy('quarantine.uid')
        .execute();
      return await decodeRows(rows, (row) => ({
        ...decodeFolder(row),
        uid: uid(row.uid),
        reason: row.reason,
        at: date(row.at),
      }));
    },
  };
}

async function forgetBlame(trx: Db, folder: number, message: Uid): Promise<void> {
  await trx.deleteFrom('blames').where('folder_id', '=', folder).where('uid', '=', message).execute();
}
