import type { AccountPauseRecords } from '../ports/account-pauses.ts';
import type { RefusalRecords } from '../ports/refusals.ts';
import { date, type CatalogDb, decodeRows } from './rows.ts';

/** Folders that a server refuses. */
export function refusalRecords(db: CatalogDb): Omit<RefusalRecords, keyof AccountPauseRecords> {
  return {
    async folderRefusals({ server, account }) {
      const rows = await db
        .selectFrom('folder_refusals')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .orderBy('folder')
        .execute();
      return await decodeRows(rows, ({ folder, code, words, stage, times, ...row }) => ({
        server,
        account,
        path: folder,
        code,
        words,
        stage,
        times,
        refused: row.refused !== 0,
        since: date(row.since),
        next: date(row.next),
      }));
    },

    async refuseFolder({ server, account, path, code, words, refused, stage, since, times, next }) {
      const what = { code, words, stage, refused: refused ? 1 : 0, times };
      const when = { since: since.getTime(), next: next.getTime() };
      await db.write((trx) =>
        trx
          .insertInto('folder_refusals')
          .values({ server, account, folder: path, ...what, ...when })
          .onConflict((conflict) =>
            conflict.columns(['server', 'account', 'folder']).doUpdateSet({ ...what, ...when }),
          )
          .execute(),
      );
    },

    async forgetRefusal({ server, account }, path) {
      await db.write((trx) =>
        trx
          .deleteFrom('folder_refusals')
          .where('server', '=', server)
          .where('account', '=', account)
          .where('folder', '=', path)
          .execute(),
      );
    },
  };
}
