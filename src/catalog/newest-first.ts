import { type RawBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely';
import type { Schema } from './schema.ts';
import type { TextTerm } from './search-text.ts';

/** The date a person knows a message by: its Date header, else when it arrived. As in the index. */
export const dated = sql<number>`coalesce(lines.date, lines.internal_date)`;

/** Numbers of lines, the newest first. */
export type LineQuery = SelectQueryBuilder<Schema, 'lines' | 'archives', { n: number }>;

/** What a search asks of lines beside the words that they must have. */
export interface NarrowedLines {
  /** All that its conditions allow. */
  readonly lines: LineQuery;
  /** Few lines are left: they are looked up and sorted. Many are walked in the order of their dates. */
  readonly few: boolean;
  /** What they must not have, any of it. */
  readonly excluded: readonly TextTerm[];
  /** The same conditions for a count: those by which lines are taken, and those by which each is looked at. */
  readonly counted: {
    readonly led: readonly RawBuilder<SqlBool>[];
    readonly rest: readonly RawBuilder<SqlBool>[];
  };
}

/** The newest first. Adding nothing to the date keeps PostgreSQL from walking its index for the order. */
export function newestFirst(lines: LineQuery, few: boolean): LineQuery {
  return lines.orderBy(few ? sql`(${dated} + 0)` : dated, 'desc').orderBy('lines.n', 'desc');
}
