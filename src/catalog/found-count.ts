import { type RawBuilder, sql, type SqlBool } from 'kysely';
import { mostCounted } from '../domain/bounds.ts';
import type { FoundCount } from '../ports/lines.ts';
import type { NarrowedLines } from './newest-first.ts';
import type { Db } from './rows.ts';

/** Lines that a count looks at: enough for the bound where every second one is found. */
export const mostLooked = 2 * mostCounted;

export interface Looked {
  /** Numbers of lines as `n`: all that can be found are among them. */
  readonly candidates: RawBuilder<unknown>;
  /** At most this many of them are looked at. */
  readonly most: number;
  /** What each must meet. */
  readonly conditions: readonly RawBuilder<SqlBool>[];
  /** The line of a candidate and its archive, in SQL. Default: the two tables, in this order. */
  readonly lookUp?: RawBuilder<unknown>;
}

/** How many of these lines are found. However many lines there are, this looks at a bounded number. */
export async function countLooked(
  db: Db,
  { candidates, most, conditions, lookUp = sql`lines CROSS JOIN archives` }: Looked,
): Promise<FoundCount> {
  const all =
    conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` AND `)}`;
  // CROSS JOIN is the order in which SQLite is to go through them.
  const { rows } = await sql<{ readonly looked: number; readonly found: number }>`
    WITH looked AS MATERIALIZED (SELECT n FROM (${candidates}) AS candidates LIMIT ${most + 1}),
      found AS (SELECT 1 FROM looked CROSS JOIN ${lookUp}
        WHERE lines.n = looked.n AND archives.n = lines.archive_n AND archives.state != 'expired'
          AND ${all} LIMIT ${mostCounted + 1})
    SELECT (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM found) AS found`.execute(db);
  const { looked = 0, found = 0 } = rows[0] ?? {};
  return { messages: Math.min(found, mostCounted), more: found > mostCounted || looked > most };
}

/** Lines as the conditions of the query lead to them. */
export function ledLines({ counted: { led } }: NarrowedLines): RawBuilder<unknown> {
  const where = led.length === 0 ? sql`` : sql`WHERE ${sql.join(led, sql` AND `)}`;
  return sql`SELECT lines.n FROM lines ${where}`;
}
