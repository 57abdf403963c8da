import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { ManifestMessage } from '../../format/manifest-types.ts';
import { encodeLine } from '../line-rows.ts';
import { type Db, impossible } from '../rows.ts';
import { tokensOf } from '../../domain/fold.ts';
import {
  bodyColumns,
  bodyTerms,
  headerColumns,
  headerTerms,
  indexedText,
  isBeginning,
  type TextTerm,
} from '../search-text.ts';
import type { LinesOf, NumberedLine, Words } from '../words.ts';

/** Lines that one statement inserts: with 28 columns well under the 65,535 parameters there can be. */
const linesAtOnce = 500;
/** A tsvector has positions up to 16,383 and words up to 2,046 bytes. */
const mostTokens = 16_000;
const longestToken = 200;
/** Lines that are looked up one by one. */
const mostFew = 10_000;

/** As PostgreSQL says it: lists as arrays, the text index as tsvector. */
export const postgresWords: Words = {
  numberIn: (column, numbers) => sql`${sql.ref(column)} = ANY (${numbers}::bigint[])`,

  numbersOf: (column) =>
    sql`(SELECT value::bigint FROM json_array_elements_text(${sql.ref(column)}::json) AS list (value))`,

  textIn: (column, texts) => sql`${sql.ref(column)} = ANY (${texts}::text[])`,

  accountIn([server, account], accounts) {
    const servers = accounts.map((one) => one.server);
    const names = accounts.map((one) => one.account);
    return sql`(${sql.ref(server)}, ${sql.ref(account)}) IN
      (SELECT * FROM unnest(${servers}::text[], ${names}::text[]))`;
  },

  hex: (column) => sql`encode(${sql.ref(column)}, 'hex')`,

  hasError: (column, codes) => sql`EXISTS (
    SELECT 1 FROM json_array_elements(${sql.ref(column)}::json -> 'errors') AS error
    WHERE error ->> 'code' = ANY (${codes}::text[]))`,

  async textHas(db, terms) {
    const all = await hits(db, terms);
    const found = await fewLines(db, all);
    if (found !== null) return sql`lines.n = ANY (${found}::bigint[])`;
    return sql`lines.n IN (${all})`;
  },

  textHasOften: async () => null,

  textLacks(terms) {
    const [header, body] = [headerTerms(terms), bodyTerms(terms)];
    const lacks = [
      ...(header.length === 0 ? [] : [lacksIn('lines_text', header)]),
      ...(body.length === 0 ? [] : [lacksIn('texts_index', body)]),
    ];
    return sql`(${sql.join(lacks, sql` AND `)})`;
  },

  pairs(accounts, names) {
    const servers = accounts.map((one) => one.server);
    const own = accounts.map((one) => one.account);
    return sql`unnest(${servers}::text[], ${own}::text[]) AS pair (server, account),
      unnest(${names}::text[]) AS named (value)`;
  },

  async addLines(trx, place, messages) {
    for (let first = 0; first < messages.length; first += linesAtOnce)
      await addSome(trx, place, messages.slice(first, first + linesAtOnce), first);
  },

  async addText(trx, lines) {
    for (let first = 0; first < lines.length; first += linesAtOnce)
      await addTexts(trx, lines.slice(first, first + linesAtOnce));
  },

  async columnsOf(db, table) {
    const { rows } = await sql<{ name: string }>`SELECT attname::text AS name FROM pg_attribute
      WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`.execute(db);
    return rows.map(({ name }) => name);
  },

  async sizeOf(db) {
    const { rows } = await sql<{
      bytes: number;
    }>`SELECT pg_database_size(current_database()) AS bytes`.execute(db);
    return rows[0]?.bytes ?? 0;
  },

  async continueNumbers(trx) {
    for (const [table, column] of [
      ['folders', 'id'],
      ['archives', 'n'],
      ['lines', 'n'],
    ] as const)
      await sql`SELECT setval(pg_get_serial_sequence(${table}, ${column}),
        (SELECT coalesce(max(${sql.ref(column)}), 0) + 1 FROM ${sql.table(table)}), false)`.execute(trx);
  },

  async addBodies(trx, rows) {
    await trx.insertInto('texts').values(rows).execute();
    await postgresWords.indexBodies(trx, rows);
  },

  async indexBodies(trx, rows) {
    const texts = rows.map(({ n, body, attachments }) => ({
      rowid: n,
      body: vector(body),
      attachments: vector(attachments),
    }));
    await trx.insertInto('texts_index').values(texts).execute();
  },

  async removeBodies(trx, rows) {
    const numbers = rows.map(({ n }) => n);
    await sql`DELETE FROM texts_index WHERE rowid = ANY (${numbers}::bigint[])`.execute(trx);
    await sql`DELETE FROM texts WHERE n = ANY (${numbers}::bigint[])`.execute(trx);
  },

  async removeLines(trx, lines) {
    for (let first = 0; first < lines.length; first += linesAtOnce) {
      const numbers = lines.slice(first, first + linesAtOnce).map(({ n }) => n);
      await sql`DELETE FROM lines_text WHERE rowid = ANY (${numbers}::bigint[])`.execute(trx);
      await sql`DELETE FROM lines WHERE n = ANY (${numbers}::bigint[])`.execute(trx);
    }
  },
};

/**
 * The lines that a rare word is in; null: they are many, and walking by date meets enough of them soon.
 * The planner takes every beginning of a word for a common one, so it is asked to use the index.
 */
async function fewLines(db: Db, found: RawBuilder<unknown>): Promise<readonly number[] | null> {
  try {
    return await db.transaction().execute(async (trx) => {
      await sql`SET LOCAL enable_seqscan = off`.execute(trx);
      const { rows } = await sql<{ rowid: number }>`${found} LIMIT ${sql.lit(mostFew + 1)}`.execute(trx);
      return rows.length > mostFew ? null : rows.map(({ rowid }) => rowid);
    });
  } catch {
    // The search itself says what is wrong, and waits for a database that is away.
    return null;
  }
}

async function addSome(
  trx: Db,
  { archive, folder }: LinesOf,
  messages: readonly ManifestMessage[],
  first: number,
): Promise<void> {
  const rows = messages.map((message, index) => encodeLine(message, archive, first + index, folder));
  const added = await trx.insertInto('lines').values(rows).returning(['n', 'line']).execute();
  await addTexts(
    trx,
    added.map(({ n, line }) => {
      const message = messages[line - first];
      if (message === undefined) throw impossible(`answers line ${line}, which was not inserted`);
      return { n, message };
    }),
  );
}

async function addTexts(trx: Db, lines: readonly NumberedLine[]): Promise<void> {
  const texts = lines.map(({ n, message }) => {
    const [sender, recipients, subject] = indexedText(message);
    return { rowid: n, sender: vector(sender), recipients: vector(recipients), subject: vector(subject) };
  });
  await trx.insertInto('lines_text').values(texts).execute();
}

/** The words of a text with their places, as the input form of a tsvector. Words are letters and digits only. */
function vector(text: string): string {
  return tokensOf(text)
    .slice(0, mostTokens)
    .map((token, index) => `'${cut(token)}':${index + 1}`)
    .join(' ');
}

type TextIndex = 'lines_text' | 'texts_index';

/** Numbers of the lines that have any of each of these lists. */
async function hits(db: Db, terms: readonly (readonly TextTerm[])[]): Promise<RawBuilder<unknown>> {
  const inBodies = terms.some((any) => bodyTerms(any).length > 0);
  const some = inBodies ? await db.selectFrom('texts').select('n').limit(1).execute() : [];
  if (some.length > 0)
    return sql`SELECT rowid FROM (${sql.join(terms.map(anywhere), sql` INTERSECT `)}) AS found`;
  const conditions = terms.map((any) => anyIn('lines_text', headerTerms(any)));
  return sql`SELECT rowid FROM lines_text WHERE ${sql.join(conditions, sql` AND `)}`;
}

/** Any of these, in the headers or in what is written. */
function anywhere(any: readonly TextTerm[]): RawBuilder<unknown> {
  const header = anyIn('lines_text', headerTerms(any));
  const body = anyIn('texts_index', bodyTerms(any));
  return sql`(SELECT rowid FROM lines_text WHERE ${header} UNION SELECT rowid FROM texts_index WHERE ${body})`;
}

function lacksIn(index: TextIndex, terms: readonly TextTerm[]): RawBuilder<SqlBool> {
  return sql`NOT EXISTS (SELECT 1 FROM ${sql.table(index)}
    WHERE ${sql.ref(`${index}.rowid`)} = lines.n AND ${anyIn(index, terms)})`;
}

function anyIn(index: TextIndex, terms: readonly TextTerm[]): RawBuilder<SqlBool> {
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

function cut(token: string): string {
  return Array.from(token).slice(0, longestToken).join('');
}
