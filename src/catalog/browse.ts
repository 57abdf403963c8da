import { sql } from 'kysely';
import type { BrowseRecords } from '../ports/browse.ts';
import type { ArchiveFilter } from '../ports/records.ts';
import { decodeArchive, narrowArchives, selectArchives } from './archive-rows.ts';
import { dayTotals } from './days.ts';
import { decodeSums, pendingSums } from './deletes.ts';
import { runPages } from './run-pages.ts';
import { type Db, decodeRows } from './rows.ts';
import { runContents } from './run-contents.ts';
import { shownLines } from './shown.ts';

/** Long lists, page by page. */
export function browseRecords(db: Db): BrowseRecords {
  const archives = (filter: ArchiveFilter) => narrowArchives(db, selectArchives(db), filter);
  return {
    ...shownLines(db),
    ...runPages(db),
    ...runContents(db),

    async archivePage(filter, { limit, offset }) {
      const all = archives(filter)
        .clearSelect()
        .select(sql<number>`count(*)`.as('total'));
      const { total } = await all.executeTakeFirstOrThrow();
      const rows = await archives(filter)
        .orderBy('archives.created', 'desc')
        .orderBy('archives.n', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      return { rows: await decodeRows(rows, decodeArchive), total };
    },

    async archivedAccounts() {
      const rows = await db
        .selectFrom('archives')
        .innerJoin('folders', 'folders.id', 'archives.folder_id')
        .select(['folders.server', 'folders.account'])
        .distinct()
        .where('archives.state', '!=', 'expired')
        .orderBy('folders.server')
        .orderBy('folders.account')
        .execute();
      return await decodeRows(rows, ({ server, account }) => ({ server, account }));
    },

    async allPending() {
      const rows = await pendingSums(db)
        .select(['folders.server', 'folders.account', 'archives.policy'])
        .groupBy(['folders.server', 'folders.account', 'archives.policy'])
        .orderBy('folders.server')
        .orderBy('folders.account')
        .orderBy('archives.policy')
        .execute();
      return await decodeRows(rows, (row) => ({ ...row, ...decodeSums(row) }));
    },

    days: (since) => dayTotals(db, since),
  };
}
