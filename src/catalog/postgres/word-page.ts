import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Db } from '../rows.ts';
import type { TextTerm } from '../search-text.ts';
import { type LineQuery, newestFirst } from '../newest-first.ts';
import type { Words } from '../words.ts';
import { filteredHits, hasTexts, hitsOf, lineHas } from './text-terms.ts';

/** Of so many of the newest lines it is counted how many have each word. Fewer where texts are looked at too, which are long. */
const sampled = { headers: 1000, texts: 1000 };
/** Lines that are looked at one by one, the newest first, where by the sample so many fill a page. */
const mostWalked = { headers: 6000, texts: 4000 };
/** Hits of the index that are looked up and sorted. */
const mostFew = 15_000;
/**
 * The index is not asked for a word that is this much more frequent than the rarest: to look at the hits of
 * that one costs less than to read all of this one.
 */
const oftener = 7;

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
  const kind = texts ? 'texts' : 'headers';
  const need = offset + limit;
  const sample = await sampleOf(db, newest.limit(sampled[kind]), { terms, lacks, texts, need });
  if (sample.found.length === need || sample.lines < sampled[kind]) return sample.found.slice(offset);
  // Somewhat more lines than it should take.
  const likely = Math.ceil((need / Math.max(sample.found.length, 0.5)) * sample.lines * 1.5);
  const walks = Math.min(likely, mostWalked[kind]);
  const walked = likely === walks ? await walk(db, newest.limit(walks), all, need) : null;
  if (walked !== null && isWhole(walked, need, walks)) return walked.found.slice(offset);

  const rarest = Math.max(0.5, Math.min(...sample.having));
  const asked = terms.filter((_, index) => (sample.having[index] ?? 0) <= rarest * oftener);
  const others = terms.filter((any) => !asked.includes(any));
  const few = await fewLines(db, texts ? hitsOf(asked, texts) : filteredHits(asked, others));
  if (few === null && walked === null) {
    // Words that many have, but hardly any of the very newest.
    const more = await walk(db, newest.limit(walks), all, need);
    if (isWhole(more, need, walks)) return more.found.slice(offset);
  }
  // Many that are all old, or a page far from the first: sorted too, which is the faster way to them.
  const some =
    few === null
      ? sql<SqlBool>`lines.n IN (${hitsOf(terms, texts)})`
      : sql<SqlBool>`lines.n = ANY (${few}::bigint[])`;
  const rest = few !== null && texts && others.length > 0 ? all : lacks;
  const page = newestFirst(lines.where(some).where(rest), true);
  return (await page.limit(limit).offset(offset).execute()).map(({ n }) => n);
};

/** Whether the page is full, or there is nothing more to look at. */
function isWhole({ found, lines }: Walked, need: number, most: number): boolean {
  return found.length === need || lines < most;
}

interface Sampled {
  readonly terms: Terms;
  readonly lacks: RawBuilder<SqlBool>;
  readonly texts: boolean;
  readonly need: number;
}

interface Walked {
  /** Those that meet everything, in order; no more than needed. */
  readonly found: readonly number[];
  /** How many were looked at, if it is all of them. */
  readonly lines: number;
}

interface Sample extends Walked {
  /** How many have each of the lists. */
  readonly having: readonly number[];
}

/** What can be seen of the newest lines. */
async function sampleOf(db: Db, newest: LineQuery, { terms, lacks, texts, need }: Sampled): Promise<Sample> {
  const only = terms.length === 1 ? terms[0] : undefined;
  if (only !== undefined) {
    const { found, lines } = await walk(db, newest, sql`${lineHas(only, texts)} AND ${lacks}`, need);
    return { found, lines, having: [found.length] };
  }
  const names = terms.map((_, index) => sql.ref(`has_${index}`));
  const columns = terms.map((any, index) => sql`${lineHas(any, texts)} AS ${sql.ref(`has_${index}`)}`);
  const every = sql.join(names, sql` AND `);
  const counts = names.map((name) => sql`count(*) FILTER (WHERE ${name})`);
  const { rows } = await sql<{
    found: readonly number[] | null;
    lines: number;
    having: readonly number[];
  }>`
    WITH newest AS MATERIALIZED (${newest}),
      looked AS MATERIALIZED (SELECT n, ${sql.join(columns)} FROM newest AS lines)
    SELECT (SELECT json_agg(n) FROM (SELECT n FROM looked AS lines WHERE ${every} AND ${lacks} LIMIT ${need}) AS hits) AS found,
      count(*) AS lines, to_json(ARRAY[${sql.join(counts)}]) AS having FROM looked`.execute(db);
  const [row] = rows;
  return { found: row?.found ?? [], lines: row?.lines ?? 0, having: row?.having ?? [] };
}

/** Those of the newest lines that meet a condition, in order. */
async function walk(
  db: Db,
  newest: LineQuery,
  condition: RawBuilder<SqlBool>,
  most: number,
): Promise<Walked> {
  const { rows } = await sql<{ n: number | null; lines: number | null }>`
    WITH newest AS MATERIALIZED (${newest}),
      hits AS MATERIALIZED (SELECT n FROM newest AS lines WHERE ${condition} LIMIT ${most})
    SELECT n, NULL::bigint AS lines FROM hits
    UNION ALL SELECT NULL, count(*) FROM newest WHERE (SELECT count(*) FROM hits) < ${most}`.execute(db);
  const found = rows.flatMap(({ n }) => n ?? []);
  return { found, lines: rows.find((row) => row.lines !== null)?.lines ?? found.length };
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
