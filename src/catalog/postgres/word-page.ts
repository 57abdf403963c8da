import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Db } from '../rows.ts';
import type { TextTerm } from '../search-text.ts';
import { type LineQuery, newestFirst } from '../newest-first.ts';
import type { Words } from '../words.ts';
import { hasTexts, hitsOf, lineHas } from './text-terms.ts';

/**
 * Lines that are looked at one by one, the newest first, before the index of words is asked: a word that
 * is in one of a hundred fills a page from these. Fewer where texts are looked at too, which are long.
 */
const mostWalked = { headers: 6000, texts: 4000 };
/** Hits of the index that are looked up and sorted. */
const mostFew = 30_000;
/** A word that so many of the newest lines have is not worth asking the index for; with texts only the rarest is. */
const often = 0.3;
const sampled = 2000;

type Terms = readonly (readonly TextTerm[])[];

/**
 * A page of the lines that have any of each of these lists. No index has words in the order of dates, so
 * a frequent word is looked for in the newest lines, a rare one in the index; and the planner can't tell
 * which a word is, because it takes every beginning of a word for a common one.
 */
export const wordPage: Words['wordPage'] = async (db, narrowed, terms, { limit, offset }) => {
  const { lines, few: fewLeft, excluded } = narrowed;
  const texts = await hasTexts(db, [...terms, excluded]);
  const lacks = excluded.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`NOT ${lineHas(excluded, texts)}`;
  const all = sql<SqlBool>`${sql.join([...terms.map((any) => lineHas(any, texts)), lacks], sql` AND `)}`;
  const newest = newestFirst(lines, fewLeft);
  const most = texts ? mostWalked.texts : mostWalked.headers;
  const walked = await walk(db, newest.limit(most), all, offset + limit);
  if (walked.found.length === offset + limit || (walked.lines ?? most) < most)
    return walked.found.slice(offset);

  const asked = terms.length === 1 ? terms : await rarer(db, newest, terms, texts);
  const few =
    (await fewLines(db, hitsOf(asked, texts))) ??
    (asked === terms ? null : await fewLines(db, hitsOf(terms, texts)));
  // Many that are all old, or a page far from the first: sorted too, which is the faster way to them.
  const some =
    few === null
      ? sql<SqlBool>`lines.n IN (${hitsOf(terms, texts)})`
      : sql<SqlBool>`lines.n = ANY (${few}::bigint[])`;
  const rest = few === null || asked === terms ? lacks : all;
  const page = newestFirst(lines.where(some).where(rest), true);
  return (await page.limit(limit).offset(offset).execute()).map(({ n }) => n);
};

/** Those of the newest lines that meet a condition, in order. `lines`: how many were looked at, where it is not enough. */
async function walk(
  db: Db,
  newest: LineQuery,
  condition: RawBuilder<SqlBool>,
  most: number,
): Promise<{ readonly found: readonly number[]; readonly lines: number | null }> {
  const { rows } = await sql<{ n: number | null; lines: number | null }>`
    WITH newest AS MATERIALIZED (${newest}),
      hits AS MATERIALIZED (SELECT n FROM newest AS lines WHERE ${condition} LIMIT ${most})
    SELECT n, NULL::bigint AS lines FROM hits
    UNION ALL SELECT NULL, count(*) FROM newest WHERE (SELECT count(*) FROM hits) < ${most}`.execute(db);
  const found = rows.flatMap(({ n }) => n ?? []);
  return { found, lines: rows.find((row) => row.lines !== null)?.lines ?? null };
}

/** Those of the lists that few of the newest lines have; the rarest if all are frequent. */
async function rarer(db: Db, lines: LineQuery, terms: Terms, texts: boolean): Promise<Terms> {
  const counted = terms.map((any) => sql`count(*) FILTER (WHERE ${lineHas(any, texts)})`);
  const { rows } = await sql<{ shares: readonly number[] }>`
    SELECT json_build_array(${sql.join(counted)}) AS shares FROM (${lines.limit(sampled)}) AS lines`.execute(
    db,
  );
  const shares = rows[0]?.shares ?? [];
  const bound = Math.max(texts ? 0 : sampled * often, Math.min(...shares));
  return terms.filter((_, index) => (shares[index] ?? 0) <= bound);
}

/** The lines that the index of words has; null: they are many. */
async function fewLines(db: Db, found: RawBuilder<unknown>): Promise<readonly number[] | null> {
  try {
    return await db.transaction().execute(async (trx) => {
      // The planner would rather read everything.
      await sql`SET LOCAL enable_seqscan = off`.execute(trx);
      const { rows } = await sql<{ rowid: number }>`${found} LIMIT ${sql.lit(mostFew + 1)}`.execute(trx);
      return rows.length > mostFew ? null : rows.map(({ rowid }) => rowid);
    });
  } catch {
    // The search itself says what is wrong, and waits for a database that is away.
    return null;
  }
}
