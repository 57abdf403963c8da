import { sql } from 'kysely';
import type { ManifestMessage } from '../../format/manifest-types.ts';
import { encodeLine } from '../line-rows.ts';
import { type Db, impossible } from '../rows.ts';
import { tokensOf } from '../../domain/fold.ts';
import { indexedText } from '../search-text.ts';
import type { LinesOf, NumberedLine, Words } from '../words.ts';
import { cut, hasTexts, hitsOf, linesLacking } from './text-terms.ts';
import { countFound } from './found-count.ts';
import { wordPage } from './word-page.ts';

/** Lines that one statement inserts: with 28 columns well under the 65,535 parameters there can be. */
const linesAtOnce = 500;
/** A tsvector has positions up to 16,383. */
const mostTokens = 16_000;

/** As PostgreSQL says it: lists as arrays, the text index as tsvector. */
export const postgresWords: Words = {
  numberIn: (column, numbers) =>
    sql`${typeof column === 'string' ? sql.ref(column) : column} = ANY (${numbers}::bigint[])`,

  numbersOf: (column) =>
    sql`(SELECT value::bigint FROM json_array_elements_text(${sql.ref(column)}::json) AS list (value))`,

  textIn: (column, texts) => sql`${sql.ref(column)} = ANY (${texts}::text[])`,

  accountIn([server, account], accounts) {
    const servers = accounts.map((one) => one.server);
    const names = accounts.map((one) => one.account);
    return sql`(${sql.ref(server)}, ${sql.ref(account)}) IN
      (SELECT * FROM unnest(${servers}::text[], ${names}::text[]))`;
  },

  joined: (column) => sql`string_agg(${sql.ref(column)}::text, ',')`,
  hex: (column) => sql`encode(${sql.ref(column)}, 'hex')`,

  hasError: (column, codes) => sql`EXISTS (
    SELECT 1 FROM json_array_elements(${sql.ref(column)}::json -> 'errors') AS error
    WHERE error ->> 'code' = ANY (${codes}::text[]))`,

  textHas: async (db, terms) => sql`lines.n IN (${hitsOf(terms, await hasTexts(db, terms))})`,

  wordPage,
  countFound,

  unindexed: (column) => column,

  textLacks: linesLacking,

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
