import { type RawBuilder, sql } from 'kysely';
import { encodeLine } from './line-rows.ts';
import { eachRow } from './rows.ts';
import { indexedText, type TextTerm } from './search-text.ts';
import type { Words } from './words.ts';

/** As SQLite says it: lists as JSON, the text index as FTS5. */
export const sqliteWords: Words = {
  numberIn: (column, numbers) =>
    sql`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(numbers)}))`,

  numbersOf: (column) => sql`(SELECT value FROM json_each(${sql.ref(column)}))`,

  textIn: (column, texts) =>
    sql`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`,

  accountIn([server, account], accounts) {
    const pairs = JSON.stringify(accounts.map((one) => [one.server, one.account]));
    return sql`(${sql.ref(server)}, ${sql.ref(account)}) IN
      (SELECT value ->> 0, value ->> 1 FROM json_each(${pairs}))`;
  },

  hex: (column) => sql`lower(hex(${sql.ref(column)}))`,

  hasError: (column, codes) => sql`EXISTS (SELECT 1 FROM json_each(${sql.ref(column)}, '$.errors')
    WHERE json_extract(value, '$.code') IN (${sql.join(codes)}))`,

  textHas: async (_db, terms) => sql`lines.n IN (${hits(terms)})`,

  async textHasOften(db, terms) {
    const counted = sql<{ readonly hits: number }>`SELECT count(*) AS hits
      FROM (SELECT 1 FROM lines_text WHERE lines_text MATCH ${every(terms)} LIMIT ${manyHits + 1})`;
    const [first] = (await counted.execute(db)).rows;
    // The plus keeps SQLite from starting with the hits.
    return (first?.hits ?? 0) > manyHits ? sql`+lines.n IN (${hits(terms)})` : null;
  },

  textLacks: (terms) =>
    sql`lines.n NOT IN (SELECT rowid FROM lines_text WHERE lines_text MATCH ${expression(terms)})`,

  pairs(accounts, names) {
    const pairs = JSON.stringify(accounts.map((one) => [one.server, one.account]));
    return sql`(SELECT value ->> 0 AS server, value ->> 1 AS account FROM json_each(${pairs})) AS pair,
      json_each(${JSON.stringify(names)}) AS named`;
  },

  async addLines(trx, { archive, folder }, messages) {
    const [first] = messages;
    if (first === undefined) return;
    // Compiling costs more than inserting: once for all lines, with other parameters each time.
    const insertLine = trx
      .insertInto('lines')
      .values(encodeLine(first, archive, 0, folder))
      .compile();
    const text = { rowid: 0, sender: '', recipients: '', subject: '' };
    const insertText = trx.insertInto('lines_text').values(text).compile();
    await eachRow(messages, async (message, line) => {
      const parameters = Object.values(encodeLine(message, archive, line, folder));
      const { insertId } = await trx.executeQuery({ ...insertLine, parameters });
      await trx.executeQuery({ ...insertText, parameters: [insertId, ...indexedText(message)] });
    });
  },

  async addText(trx, lines) {
    const text = { rowid: 0, sender: '', recipients: '', subject: '' };
    const insertText = trx.insertInto('lines_text').values(text).compile();
    await eachRow(lines, async ({ n, message }) => {
      await trx.executeQuery({ ...insertText, parameters: [n, ...indexedText(message)] });
    });
  },

  async columnsOf(db, table) {
    const { rows } = await sql<{ name: string }>`SELECT name FROM pragma_table_info(${table})`.execute(db);
    return rows.map(({ name }) => name);
  },

  // The next number is one more than the highest that is there.
  async continueNumbers() {},

  async sizeOf(db) {
    const { rows } = await sql<{ bytes: number }>`SELECT page_count * page_size AS bytes
      FROM pragma_page_count(), pragma_page_size()`.execute(db);
    return rows[0]?.bytes ?? 0;
  },

  async removeLines(trx, lines) {
    await eachRow(lines, async ({ n, message }) => {
      // A contentless index forgets a row only when it gets the same values again.
      const [sender, recipients, subject] = indexedText(message);
      await sql`INSERT INTO lines_text (lines_text, rowid, sender, recipients, subject)
        VALUES ('delete', ${n}, ${sender}, ${recipients}, ${subject})`.execute(trx);
      await trx.deleteFrom('lines').where('n', '=', n).execute();
    });
  },
};

/** A query with more hits than this looks through the messages newest first, instead of through its hits. */
const manyHits = 2000;

function hits(terms: readonly (readonly TextTerm[])[]): RawBuilder<number> {
  return sql`SELECT rowid FROM lines_text WHERE lines_text MATCH ${every(terms)}`;
}

function every(terms: readonly (readonly TextTerm[])[]): string {
  return terms.map((any) => `(${expression(any)})`).join(' AND ');
}

/** The FTS5 expression of any of these: each a phrase whose last word matches by prefix. */
function expression(terms: readonly TextTerm[]): string {
  return terms
    .map(({ column, tokens }) => `${column === null ? '' : `${column} : `}"${tokens.join(' ')}"*`)
    .join(' OR ');
}
