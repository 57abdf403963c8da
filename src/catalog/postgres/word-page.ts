import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Db } from '../rows.ts';
import type { PageRequest } from '../../ports/browse.ts';
import { headerTerms, type TextTerm } from '../search-text.ts';
import { type LineQuery, newestFirst } from '../newest-first.ts';
import type { Words } from '../words.ts';
import { filteredHits, hasTexts, headersLacking, hitsOf, lineHas, linesLacking } from './text-terms.ts';

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
 * A page of the lines that have any of each of these lists, and nothing that is excluded. No index has words in the order of dates, so
 * a frequent word is looked for in the newest lines, a rare one in the index; and the planner can't tell
 * which a word is, because it takes every beginning of a word for a common one.
 */
export const wordPage: Words['wordPage'] = async (db, narrowed, terms, { limit, offset }) => {
  const { lines, few: fewLeft, excluded } = narrowed;
  const texts = await hasTexts(db, [...terms, excluded]);
  const lacks = excluded.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`NOT ${lineHas(excluded, texts)}`;
  const all = every([...terms.map((any) => lineHas(any, texts)), lacks]);
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

  const few = await rarest(db, { terms, having: sample.having, texts });
  if (few === null && walked === null) {
    // Words that many have, but hardly any of the very newest.
    const more = await walk(db, newest.limit(walks), all, need);
    if (isWhole(more, need, walks)) return more.found.slice(offset);
  }
  // What hardly any line lacks: those are looked at for everything else.
  const lacking = few === null ? await fewLacking(db, excluded) : null;
  const rest = few?.whole === true ? lacks : all;
  const some = few?.lines ?? lacking;
  if (some !== null) {
    const found = lines.where(sql<SqlBool>`lines.n = ANY (${some}::bigint[])`).where(rest);
    return await numbers(newestFirst(found, true), { limit, offset });
  }
  const lacked = excluded.length === 0 ? lines : lines.where(linesLacking(excluded));
  if (terms.length === 0) return await numbers(newestFirst(lacked, fewLeft), { limit, offset });
  // Many that are all old, or a page far from the first: sorted too, which is the faster way to them.
  const having = lacked.where(sql<SqlBool>`lines.n IN (${hitsOf(terms, texts)})`);
  return await numbers(newestFirst(having, true), { limit, offset });
};

async function numbers(lines: LineQuery, { limit, offset }: PageRequest): Promise<readonly number[]> {
  return (await lines.limit(limit).offset(offset).execute()).map(({ n }) => n);
}

function every(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  return sql`${sql.join(conditions, sql` AND `)}`;
}

/**
 * The lines that have the rarest words, by what of the newest have them. `whole`: and all the other words.
 * Null: they are many, or no words are asked for.
 */
async function rarest(
  db: Db,
  { terms, having, texts }: { terms: Terms; having: readonly number[]; texts: boolean },
): Promise<{ readonly lines: readonly number[]; readonly whole: boolean } | null> {
  if (terms.length === 0) return null;
  const least = Math.max(0.5, Math.min(...having));
  const asked = terms.filter((_, index) => (having[index] ?? 0) <= least * oftener);
  const others = terms.filter((any) => !asked.includes(any));
  const lines = await fewLines(db, texts ? hitsOf(asked, texts) : filteredHits(asked, others), true);
  return lines === null ? null : { lines, whole: !texts || others.length === 0 };
}

/** The lines whose headers lack all of these; null: they are many, or nothing of headers is asked. */
async function fewLacking(db: Db, excluded: readonly TextTerm[]): Promise<readonly number[] | null> {
  const header = headerTerms(excluded);
  return header.length === 0 ? null : await fewLines(db, headersLacking(header), false);
}

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
  if (terms.length <= 1) {
    const asked = every([...terms.map((any) => lineHas(any, texts)), lacks]);
    const { found, lines } = await walk(db, newest, asked, need);
    return { found, lines, having: terms.map(() => found.length) };
  }
  const names = terms.map((_, index) => sql.ref(`has_${index}`));
  const columns = terms.map((any, index) => sql`${lineHas(any, texts)} AS ${sql.ref(`has_${index}`)}`);
  const counts = names.map((name) => sql`count(*) FILTER (WHERE ${name})`);
  const { rows } = await sql<{
    found: readonly number[] | null;
    lines: number;
    having: readonly number[];
  }>`
    WITH newest AS MATERIALIZED (${newest}),
      looked AS MATERIALIZED (SELECT n, ${sql.join(columns)} FROM newest AS lines)
    SELECT (SELECT json_agg(n) FROM (SELECT n FROM looked AS lines WHERE ${sql.join(names, sql` AND `)} AND ${lacks} LIMIT ${need}) AS hits) AS found,
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

/** What is found, by the index of words or by reading all of them; null: it is many. */
async function fewLines(
  db: Db,
  found: RawBuilder<unknown>,
  indexed: boolean,
): Promise<readonly number[] | null> {
  try {
    return await db.transaction().execute(async (trx) => {
      // The planner would rather read everything.
      if (indexed) await sql`SET LOCAL enable_seqscan = off`.execute(trx);
      const { rows } = await sql<{ rowid: number }>`${found} LIMIT ${sql.lit(mostFew + 1)}`.execute(trx);
      return rows.length > mostFew ? null : rows.map(({ rowid }) => rowid);
    });
  } catch {
    // The search itself says what is wrong, and waits for a database that is away.
    return null;
  }
}
