import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Db } from '../rows.ts';
import {
  bodyColumns,
  bodyTerms,
  headerColumns,
  headerTerms,
  isBeginning,
  type TextTerm,
} from '../search-text.ts';

/** A tsvector has words up to 2,046 bytes. */
const longestToken = 200;

export type TextIndex = 'lines_text' | 'texts_index';

/** Whether any text is indexed that these could be in. */
export async function hasTexts(db: Db, terms: readonly (readonly TextTerm[])[]): Promise<boolean> {
  if (!terms.some((any) => bodyTerms(any).length > 0)) return false;
  return (await db.selectFrom('texts').select('n').limit(1).execute()).length > 0;
}

/** Numbers of the lines that have any of each of these lists, by the index of words. */
export function hitsOf(terms: readonly (readonly TextTerm[])[], texts: boolean): RawBuilder<unknown> {
  if (texts) return sql`SELECT rowid FROM (${sql.join(terms.map(anywhere), sql` INTERSECT `)}) AS found`;
  const conditions = terms.map((any) => anyIn('lines_text', headerTerms(any)));
  return sql`SELECT rowid FROM lines_text WHERE ${sql.join(conditions, sql` AND `)}`;
}

/** The same by headers alone: the index is asked for these, and its hits are looked at for the others. */
export function filteredHits(
  asked: readonly (readonly TextTerm[])[],
  others: readonly (readonly TextTerm[])[],
): RawBuilder<unknown> {
  const every = (terms: readonly (readonly TextTerm[])[]): RawBuilder<SqlBool> =>
    sql`${sql.join(
      terms.map((any) => anyIn('lines_text', headerTerms(any))),
      sql` AND `,
    )}`;
  if (others.length === 0) return sql`SELECT rowid FROM lines_text WHERE ${every(asked)}`;
  // OFFSET 0 keeps PostgreSQL from asking the index for the others too.
  return sql`SELECT rowid FROM (SELECT * FROM lines_text WHERE ${every(asked)} OFFSET 0) AS lines_text
    WHERE ${every(others)}`;
}

/** Any of these, in the headers or in what is written. */
function anywhere(any: readonly TextTerm[]): RawBuilder<unknown> {
  const header = anyIn('lines_text', headerTerms(any));
  const body = anyIn('texts_index', bodyTerms(any));
  return sql`(SELECT rowid FROM lines_text WHERE ${header} UNION SELECT rowid FROM texts_index WHERE ${body})`;
}

/** That the line has any of these, looked up by its number. */
export function lineHas(any: readonly TextTerm[], texts: boolean): RawBuilder<SqlBool> {
  const [header, body] = [headerTerms(any), texts ? bodyTerms(any) : []];
  const parts = [
    ...(header.length === 0 ? [] : [looked('lines_text', header)]),
    ...(body.length === 0 ? [] : [looked('texts_index', body)]),
  ];
  return parts.length === 0 ? sql`false` : sql`(${sql.join(parts, sql` OR `)})`;
}

/** OFFSET 0 keeps PostgreSQL from reading the whole index for it. */
function looked(index: TextIndex, any: readonly TextTerm[]): RawBuilder<SqlBool> {
  return sql`EXISTS (SELECT 1 FROM ${sql.table(index)}
    WHERE ${sql.ref(`${index}.rowid`)} = lines.n AND ${anyIn(index, any)} OFFSET 0)`;
}

/** That the text index has none of these for the line. */
export function linesLacking(terms: readonly TextTerm[]): RawBuilder<SqlBool> {
  const [header, body] = [headerTerms(terms), bodyTerms(terms)];
  const lacks = [
    ...(header.length === 0 ? [] : [lacksIn('lines_text', header)]),
    ...(body.length === 0 ? [] : [lacksIn('texts_index', body)]),
  ];
  return sql`(${sql.join(lacks, sql` AND `)})`;
}

function lacksIn(index: TextIndex, terms: readonly TextTerm[]): RawBuilder<SqlBool> {
  return sql`NOT EXISTS (SELECT 1 FROM ${sql.table(index)}
    WHERE ${sql.ref(`${index}.rowid`)} = lines.n AND ${anyIn(index, terms)})`;
}

/** Numbers of the lines whose headers have none of these. Each line has a row in the index of headers. */
export function headersLacking(terms: readonly TextTerm[]): RawBuilder<unknown> {
  return sql`SELECT rowid FROM lines_text WHERE NOT ${anyIn('lines_text', terms)}`;
}

/** That a row of the index has any of these. */
export function anyIn(index: TextIndex, terms: readonly TextTerm[]): RawBuilder<SqlBool> {
  if (terms.length === 0) return sql`false`;
  return sql`(${sql.join(
    terms.map((term) => termIn(index, term)),
    sql` OR `,
  )})`;
}

function termIn(index: TextIndex, term: TextTerm): RawBuilder<SqlBool> {
  const { column, tokens } = term;
  const words = tokens.map((token) => `'${cut(token)}'`);
  const asked = `${words.join(' <-> ')}${isBeginning(term) ? ':*' : ''}`;
  const all = index === 'lines_text' ? headerColumns : bodyColumns;
  const columns = column === null ? all : [column];
  const found = columns.map((name) => sql`${sql.ref(`${index}.${name}`)} @@ ${asked}::tsquery`);
  return sql`(${sql.join(found, sql` OR `)})`;
}

export function cut(token: string): string {
  return Array.from(token).slice(0, longestToken).join('');
}
