import { sql } from 'kysely';
import { dayMs } from '../domain/dates.ts';
import type { DayTotals } from '../ports/browse.ts';
import type { KeptReport } from './history.ts';
import { date, type Db, decodeRows } from './rows.ts';

/** What each day since then came to, oldest first. */
export async function dayTotals(db: Db, since: Date): Promise<readonly DayTotals[]> {
  const { rows } = await sql<DayRow>`SELECT day,
    sum(archived_messages) AS "archivedMessages", sum(archived_bytes) AS "archivedBytes",
    sum(deleted_messages) AS "deletedMessages", sum(deleted_bytes) AS "deletedBytes"
    FROM days WHERE day >= ${Math.floor(since.getTime() / dayMs)} GROUP BY day ORDER BY day`.execute(db);
  return await decodeRows(rows, decodeDay);
}

interface DayRow {
  readonly day: number;
  readonly archivedMessages: number;
  readonly archivedBytes: number;
  readonly deletedMessages: number;
  readonly deletedBytes: number;
}

function decodeDay(row: DayRow): DayTotals {
  return {
    day: date(row.day * dayMs),
    archived: { messages: row.archivedMessages, bytes: row.archivedBytes },
    deleted: { messages: row.deletedMessages, bytes: row.deletedBytes },
  };
}

/** Adds a finished run to its day, in the transaction that records its end. */
export async function keepDay(
  trx: Db,
  run: { readonly policy: string; readonly finished: Date; readonly report: KeptReport },
): Promise<void> {
  const { policy, finished } = run;
  const { archived, deleted } = run.report;
  await sql`
    INSERT INTO days VALUES (${Math.floor(finished.getTime() / dayMs)}, ${policy},
      ${archived.messages}, ${archived.bytes}, ${deleted.messages}, ${deleted.bytes})
    ON CONFLICT (day, policy) DO UPDATE SET
      archived_messages = days.archived_messages + excluded.archived_messages,
      archived_bytes = days.archived_bytes + excluded.archived_bytes,
      deleted_messages = days.deleted_messages + excluded.deleted_messages,
      deleted_bytes = days.deleted_bytes + excluded.deleted_bytes`.execute(trx);
}
