import { sql } from 'kysely';
import type { Locks } from '../../ports/locks.ts';
import type { Db } from '../rows.ts';

/** No pace is kept further ahead than this, should the database's clock be set back. */
const mostAheadMs = 3600 * 1000;

const now = sql`(extract(epoch FROM statement_timestamp()) * 1000)::bigint`;

/** The byte budgets of servers, by the database's clock. What a process took before it died is not given back. */
export function sharedPaces(db: Db): Locks['pace'] {
  return async (server, bytes, perSecond) => {
    const takes = sql`${Math.ceil((bytes * 1000) / perSecond)}::bigint`;
    const { rows } = await sql<{
      wait: number;
    }>`INSERT INTO paces (server, free) VALUES (${server}, ${now} + ${takes})
      ON CONFLICT (server) DO UPDATE
        SET free = least(greatest(paces.free, ${now}), ${now} + ${sql.lit(mostAheadMs)}) + ${takes}
      RETURNING free - ${takes} - ${now} AS wait`.execute(db);
    return Math.max(0, rows[0]?.wait ?? 0);
  };
}
