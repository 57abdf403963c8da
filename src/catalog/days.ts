import { sql } from 'kysely';
import { dayMs } from '../domain/dates.ts';
import type { DayTotals } from '../ports/browse.ts';
import { date, type Db, decodeRows } from './rows.ts';

/** What each day since then came to, oldest first. */
export async function dayTotals(db: Db, since: Date): Promise<readonly DayTotals[]> {
  const { rows } = await sql<DayRow>`SELECT day,
    sum(archived_messages) AS archivedMessages, sum(archived_bytes) AS archivedBytes,
    sum(deleted_messages) AS deletedMessages, sum(deleted_bytes) AS deletedBytes
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
  run: { readonly policy: string; readonly finished: Date; readonly report: string },
): Promise<void> {
  const { policy, finished, report } = run;
  await sql`
    INSERT INTO days SELECT ${Math.floor(finished.getTime() / dayMs)}, ${policy},
      report ->> '$.archived.messages', report ->> '$.archived.bytes',
      report ->> '$.deleted.messages', report ->> '$.deleted.bytes'
    FROM (SELECT ${report} AS report) WHERE true
    ON CONFLICT DO UPDATE SET
      archived_messages = archived_messages + excluded.archived_messages,
      archived_bytes = archived_bytes + excluded.archived_bytes,
      deleted_messages = deleted_messages + excluded.deleted_messages,
      deleted_bytes = deleted_bytes + excluded.deleted_bytes`.execute(trx);
}
