import { sql } from 'kysely';
import type { StoreFigures } from '../ports/history.ts';
import { date, type Db, decodeRows } from './rows.ts';

interface Row {
  readonly store: string;
  readonly archives: number;
  readonly messages: number;
  readonly bytes: number;
  readonly stored_bytes: number;
  readonly new_archives: number;
  readonly new_bytes: number;
  readonly unverified: number;
  readonly oldest_unverified: number | null;
  readonly longest_unread: number | null;
  readonly quarantined: number;
}

/** One walk through the archives, however many stores there are. */
export async function storeFigures(db: Db, since: Date): Promise<readonly StoreFigures[]> {
  const from = since.getTime();
  const { rows } = await sql<Row>`
    SELECT store, count(*) AS archives, sum(messages) AS messages, sum(bytes) AS bytes,
      sum(stored_bytes) AS stored_bytes,
      sum(CASE WHEN created >= ${from} THEN 1 ELSE 0 END) AS new_archives,
      sum(CASE WHEN created >= ${from} THEN stored_bytes ELSE 0 END) AS new_bytes,
      sum(CASE WHEN state = 'sealed' THEN 1 ELSE 0 END) AS unverified,
      min(CASE WHEN state = 'sealed' THEN created END) AS oldest_unverified,
      min(CASE WHEN state = 'verified' THEN verified_at END) AS longest_unread,
      sum(CASE WHEN state = 'quarantined' THEN 1 ELSE 0 END) AS quarantined
    FROM archives WHERE state <> 'expired' GROUP BY store ORDER BY store`.execute(db);
  return await decodeRows(rows, ({ store, archives, messages, bytes, unverified, quarantined, ...row }) => ({
    store,
    archives,
    messages,
    bytes,
    storedBytes: row.stored_bytes,
    grown: { archives: row.new_archives, storedBytes: row.new_bytes },
    unverified,
    oldestUnverified: row.oldest_unverified === null ? null : date(row.oldest_unverified),
    longestUnread: row.longest_unread === null ? null : date(row.longest_unread),
    quarantined,
  }));
}
