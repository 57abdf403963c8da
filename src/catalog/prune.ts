import { sql } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import type { WatchRecords } from '../ports/watch.ts';
import type { CatalogDb } from './rows.ts';

/** What is forgotten in time, and what was begun and never ended. */
export function pruneRecords(db: CatalogDb): Pick<WatchRecords, 'prune' | 'accountsWithIntents'> {
  return {
    async prune({ closedBatches, unfinishedRuns, restores, audit }) {
      await db.write(async (trx) => {
        await trx
          .deleteFrom('batches')
          .where('state', '<>', 'open')
          .where('created', '<', closedBatches.getTime())
          .execute();
        await trx
          .deleteFrom('runs')
          .where('finished', 'is', null)
          .where('started', '<', unfinishedRuns.getTime())
          .execute();
        await trx.deleteFrom('restores').where('at', '<', restores.getTime()).execute();
        await trx.deleteFrom('audit').where('at', '<', audit.getTime()).execute();
      });
    },

    async accountsWithIntents() {
      const { rows } = await sql<AccountRef>`
        SELECT DISTINCT folders.server AS server, folders.account AS account
        FROM lines JOIN archives ON archives.n = lines.archive_n
        JOIN folders ON folders.id = archives.folder_id
        WHERE lines.state IN (1, 2) AND lines.state = 2 ORDER BY 1, 2`.execute(db);
      return rows;
    },
  };
}
