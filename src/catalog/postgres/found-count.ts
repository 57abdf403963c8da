import { type RawBuilder, sql, type SqlBool } from 'kysely';
import { countLooked, ledLines, type Looked, mostLooked } from '../found-count.ts';
import type { NarrowedLines } from '../newest-first.ts';
import type { Db } from '../rows.ts';
import { bodyTerms, headerTerms, type TextTerm } from '../search-text.ts';
import type { Words } from '../words.ts';
import { anyIn, hasTexts, lineHas } from './text-terms.ts';

/** Of so many lines it is counted how many have each word. */
const sampled = 1000;
/** Words that this share of the lines has are counted in lines, others by the index of words, which reads all of a word. */
const frequent = 0.3;
/** Lines whose words are looked up one by one, by their number. */
const mostLookedUp = 12_000;
/** No count may take longer: one that would is not made. */
const mostMs = 1000;

type Terms = readonly (readonly TextTerm[])[];

/** Each by its number: OFFSET 0 keeps PostgreSQL from joining, for which it may read all lines. */
const lookUp = sql`LATERAL (SELECT * FROM lines WHERE lines.n = looked.n OFFSET 0) AS lines
  CROSS JOIN LATERAL (SELECT * FROM archives WHERE archives.n = lines.archive_n OFFSET 0) AS archives`;

/** What a count asks about words. */
interface Asked {
  readonly narrowed: NarrowedLines;
  readonly terms: Terms;
  /** Whether texts are looked at, too. */
  readonly texts: boolean;
}

/** Takes the way that looks at the fewest lines; none of them is right for every word. */
export const countFound: Words['countFound'] = async (db, narrowed, terms) => {
  try {
    return await db.transaction().execute(async (trx) => {
      await sql`SET LOCAL statement_timeout = ${sql.lit(mostMs)}`.execute(trx);
      // To compile it, or to start other processes for it, would take longer than the count itself.
      await sql`SET LOCAL jit = off`.execute(trx);
      await sql`SET LOCAL max_parallel_workers_per_gather = 0`.execute(trx);
      const texts = await hasTexts(trx, [...terms, narrowed.excluded]);
      return await countLooked(trx, { ...(await wayTo(trx, { narrowed, terms, texts })), lookUp });
    });
  } catch {
    // The search itself says what is wrong with the database.
    return { messages: 0, more: true };
  }
};

async function wayTo(trx: Db, asked: Asked): Promise<Looked> {
  const { narrowed, terms, texts } = asked;
  const { few, excluded, counted } = narrowed;
  if (terms.length === 0 && excluded.length === 0)
    return { candidates: ledLines(narrowed), most: mostLooked, conditions: counted.rest };
  const having = await shares(trx, terms);
  const rarest = Math.min(1, ...having);
  // Where few lines are left and many have the word, these few are looked at.
  const byLines = few ? rarest * sampled > 10 : rarest >= frequent;
  if (byLines && (few || texts)) return lookedUp(asked);
  const every = few ? [...counted.led, ...counted.rest] : counted.rest;
  if (byLines) {
    // In the order of the lines, until there are enough.
    await sql`SET LOCAL enable_bitmapscan = off`.execute(trx);
    return { candidates: orderedHits(asked), most: mostLooked, conditions: every };
  }
  // The planner would rather read everything.
  await sql`SET LOCAL enable_seqscan = off`.execute(trx);
  const rarestFirst = terms.toSorted(
    (one, other) => (having[terms.indexOf(one)] ?? 0) - (having[terms.indexOf(other)] ?? 0),
  );
  return texts
    ? inTexts(asked, rarestFirst, every)
    : { candidates: rareHits(asked, rarestFirst), most: mostLooked, conditions: every };
}

/** For each of these lists, which share of some lines has any of it in the headers. */
async function shares(db: Db, terms: Terms): Promise<readonly number[]> {
  if (terms.length === 0) return [];
  const counts = terms.map((any) => sql`count(*) FILTER (WHERE ${anyIn('lines_text', headerTerms(any))})`);
  const { rows } = await sql<{ having: readonly number[]; lines: number }>`
    SELECT to_json(ARRAY[${sql.join(counts)}]) AS having, count(*) AS lines
    FROM (SELECT * FROM lines_text LIMIT ${sampled}) AS lines_text`.execute(db);
  const { having = [], lines = 0 } = rows[0] ?? {};
  return having.map((hits) => hits / Math.max(1, lines));
}

/** Lines that are led to, each with its words looked up. */
function lookedUp({ narrowed, terms, texts }: Asked): Looked {
  const { counted, excluded } = narrowed;
  const has = terms.map((any) => lineHas(any, texts));
  return {
    candidates: ledLines(narrowed),
    most: mostLookedUp,
    conditions: [...has, ...lacksOf(excluded, texts), ...counted.rest],
  };
}

/** Lines whose headers have the words. */
function orderedHits({ narrowed: { excluded }, terms }: Asked): RawBuilder<unknown> {
  return sql`SELECT rowid AS n FROM lines_text WHERE ${inHeaders(terms, excluded)}`;
}

/** The same by the index, which is asked for the rarest word only. OFFSET 0 keeps PostgreSQL from asking it for the others. */
function rareHits({ narrowed: { excluded } }: Asked, [rarest = [], ...others]: Terms): RawBuilder<unknown> {
  return sql`SELECT rowid AS n
    FROM (SELECT * FROM lines_text WHERE ${inHeaders([rarest], [])} OFFSET 0) AS lines_text
    WHERE ${inHeaders(others, excluded)}`;
}

function inHeaders(terms: Terms, excluded: readonly TextTerm[]): RawBuilder<SqlBool> {
  const has = terms.map((any) => anyIn('lines_text', headerTerms(any)));
  const lacks =
    excluded.length === 0 ? [] : [sql<SqlBool>`NOT ${anyIn('lines_text', headerTerms(excluded))}`];
  return sql`${sql.join([sql`true`, ...has, ...lacks], sql` AND `)}`;
}

/** Lines that the indexes have for the rarest word. A line that both have comes once. */
function inTexts(
  { narrowed: { excluded } }: Asked,
  [rarest = [], ...others]: Terms,
  every: readonly RawBuilder<SqlBool>[],
): Looked {
  const most = others.length === 0 && excluded.length === 0 ? mostLooked : mostLookedUp;
  const header = sql`SELECT rowid AS n FROM lines_text WHERE ${anyIn('lines_text', headerTerms(rarest))}`;
  const body = sql`SELECT rowid AS n FROM texts_index WHERE ${anyIn('texts_index', bodyTerms(rarest))}`;
  const rest = others.map((any) => lineHas(any, true));
  return {
    candidates: sql`(${header} LIMIT ${most + 1}) UNION (${body} LIMIT ${most + 1})`,
    most,
    conditions: [...rest, ...lacksOf(excluded, true), ...every],
  };
}

function lacksOf(excluded: readonly TextTerm[], texts: boolean): readonly RawBuilder<SqlBool>[] {
  return excluded.length === 0 ? [] : [sql`NOT ${lineHas(excluded, texts)}`];
}
