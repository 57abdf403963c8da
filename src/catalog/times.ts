import { sql } from 'kysely';
import type { Catalog } from '../ports/catalog.ts';
import { acceptClockAction } from '../ports/records.ts';
import { type CatalogDb, date } from './rows.ts';

/** Moments that a wrong clock may have put into the future: of what was done, and of what is due next. */
const pulledBack = [
  ['runs', 'started'],
  ['runs', 'finished'],
  ['archives', 'verified_at'],
  ['lines', 'pending_since'],
  ['restores', 'at'],
  ['scans', 'at'],
  ['done', 'at'],
  ['schedules', 'since'],
  ['run_outcomes', 'succeeded'],
  ['known_policies', 'since'],
] as const;

/** What the records say about the time, and how they are freed from a clock that was ahead. */
export function timeRecords(db: CatalogDb): Pick<Catalog, 'recordedTimes' | 'pullBack'> {
  return {
    async recordedTimes() {
      const { rows } = await sql<{ acted: number | null; seen: number | null }>`SELECT
        (SELECT max(at) FROM (
          SELECT max(verified_at) AS at FROM archives
          UNION ALL SELECT max(at) FROM restores
          UNION ALL SELECT max(finished) FROM runs WHERE acted = 1
        ) AS done) AS acted,
        (SELECT max(at) FROM (
          SELECT max(verified_at) AS at FROM archives
          UNION ALL SELECT max(started) FROM runs
          UNION ALL SELECT max(at) FROM audit WHERE action = ${acceptClockAction}
        ) AS known) AS seen`.execute(db);
      const { acted = null, seen = null } = rows[0] ?? {};
      return { acted: acted === null ? null : date(acted), seen: seen === null ? null : date(seen) };
    },

    async pullBack(now) {
      const at = now.getTime();
      await db.write(async (trx) => {
        for (const [table, column] of pulledBack) {
          await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${at}
            WHERE ${sql.ref(column)} > ${at}`.execute(trx);
        }
        // Measured under a wrong clock, they would stay the newest samples for as long as it was wrong by.
        for (const table of ['samples', 'newest_samples', 'folder_samples'] as const)
          await trx.deleteFrom(table).where('at', '>', at).execute();
      });
    },
  };
}
