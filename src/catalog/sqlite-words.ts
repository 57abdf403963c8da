import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql, type SqlBool } from 'kysely';
import { encodeLine } from './line-rows.ts';
import { type Db, eachRow } from './rows.ts';
import { bodyTerms, headerTerms, indexedText, isBeginning, type TextTerm } from './search-text.ts';
import { countLooked, ledLines, mostLooked } from './found-count.ts';
import { type LineQuery, newestFirst } from './newest-first.ts';
import type { Words } from './words.ts';

/** Rows of one statement, and rows until other work in the process has its turn. */
const linesTogether = 50;
const linesPerTurn = 500;

/** As SQLite says it: lists as JSON, the text index as FTS5. */
export const sqliteWords: Words = {
  numberIn: (column, numbers) =>
    sql`${typeof column === 'string' ? sql.ref(column) : column} IN
      (SELECT value FROM json_each(${JSON.stringify(numbers)}))`,

  numbersOf: (column) => sql`(SELECT value FROM json_each(${sql.ref(column)}))`,

  textIn: (column, texts) =>
    sql`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`,

  accountIn([server, account], accounts) {
    const pairs = JSON.stringify(accounts.map((one) => [one.server, one.account]));
    return sql`(${sql.ref(server)}, ${sql.ref(account)}) IN
      (SELECT value ->> 0, value ->> 1 FROM json_each(${pairs}))`;
  },

  joined: (column) => sql`group_concat(${sql.ref(column)})`,
  hex: (column) => sql`lower(hex(${sql.ref(column)}))`,

  hasError: (column, codes) => sql`EXISTS (SELECT 1 FROM json_each(${sql.ref(column)}, '$.errors')
    WHERE json_extract(value, '$.code') IN (${sql.join(codes)}))`,

  textHas: async (db, terms) => sql`lines.n IN (${await hits(db, terms)})`,

  async wordPage(db, { lines, few, excluded }, terms, { limit, offset }) {
    const lacking = excluded.length === 0 ? lines : lines.where(sqliteWords.textLacks(excluded));
    const page = (all: LineQuery, sorts: boolean): LineQuery =>
      newestFirst(all, sorts).limit(limit).offset(offset);
    if (terms.length === 0) return (await page(lacking, few).execute()).map(({ n }) => n);
    const found = await hits(db, terms);
    const many = await hasMany(db, found, manyHits);
    // The plus keeps SQLite from starting with the hits.
    const having = lacking.where(
      many ? sql<SqlBool>`+lines.n IN (${found})` : sql<SqlBool>`lines.n IN (${found})`,
    );
    return (await page(having, few || !many).execute()).map(({ n }) => n);
  },

  async countFound(db, narrowed, terms) {
    const { few, excluded, counted } = narrowed;
    const lacks = excluded.length === 0 ? [] : [sqliteWords.textLacks(excluded)];
    const lines = { candidates: ledLines(narrowed), most: mostLooked };
    if (terms.length === 0)
      return await countLooked(db, { ...lines, conditions: [...counted.rest, ...lacks] });
    const found = await hits(db, terms);
    const conditions = [...counted.rest, ...lacks];
    // Few lines, each of which is looked for among many hits.
    if (few && (await hasMany(db, found, mostLooked)))
      return await countLooked(db, { ...lines, conditions: [sql`+lines.n IN (${found})`, ...conditions] });
    const all = few ? [...counted.led, ...conditions] : conditions;
    return await countLooked(db, { candidates: found, most: mostLooked, conditions: all });
  },

  unindexed: (column) => sql`+${column}`,

  textLacks: (terms) => sql`lines.n NOT IN (${anywhere(terms)})`,

  pairs(accounts, names) {
    const pairs = JSON.stringify(accounts.map((one) => [one.server, one.account]));
    return sql`(SELECT value ->> 0 AS server, value ->> 1 AS account FROM json_each(${pairs})) AS pair,
      json_each(${JSON.stringify(names)}) AS named`;
  },

  async addLines(trx, { archive, folder }, messages) {
    const [first] = messages;
    if (first === undefined) return;
    const row = encodeLine(first, archive, 0, folder);
    const text = { rowid: 0, sender: '', recipients: '', subject: '' };
    // Compiling costs more than inserting: once for each length, with other parameters each time.
    const insertsOf = (length: number) => ({
      lines: trx
        .insertInto('lines')
        .values(Array.from({ length }, () => row))
        .compile(),
      texts: trx
        .insertInto('lines_text')
        .values(Array.from({ length }, () => text))
        .compile(),
    });
    const [together, single] = [insertsOf(linesTogether), insertsOf(1)];
    for (let at = 0; at < messages.length;) {
      const length = at + linesTogether > messages.length ? 1 : linesTogether;
      const some = messages.slice(at, at + length);
      const inserts = length === 1 ? single : together;
      const parameters = some.flatMap((message, index) =>
        Object.values(encodeLine(message, archive, at + index, folder)),
      );
      const { insertId = 0n } = await trx.executeQuery({ ...inserts.lines, parameters });
      // Each row gets the number after that of the row before it: nobody else writes in a transaction.
      const before = Number(insertId) - length;
      const texts = some.flatMap((message, index) => [before + index + 1, ...indexedText(message)]);
      await trx.executeQuery({ ...inserts.texts, parameters: texts });
      at += length;
      if (at % linesPerTurn === 0) await nextTurn();
    }
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

  async addBodies(trx, rows) {
    await eachRow(rows, async (row) => {
      await trx.insertInto('texts').values(row).execute();
    });
    await sqliteWords.indexBodies(trx, rows);
  },

  async indexBodies(trx, rows) {
    await eachRow(rows, async ({ n, body, attachments }) => {
      await trx.insertInto('texts_index').values({ rowid: n, body, attachments }).execute();
    });
  },

  async removeBodies(trx, rows) {
    await eachRow(rows, async ({ n, body, attachments }) => {
      await sql`INSERT INTO texts_index (texts_index, rowid, body, attachments)
        VALUES ('delete', ${n}, ${body}, ${attachments})`.execute(trx);
      await trx.deleteFrom('texts').where('n', '=', n).execute();
    });
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

async function hasMany(db: Db, found: RawBuilder<number>, most: number): Promise<boolean> {
  const counted = sql<{ readonly hits: number }>`SELECT count(*) AS hits
    FROM (SELECT 1 FROM (${found}) LIMIT ${most + 1})`;
  return ((await counted.execute(db)).rows[0]?.hits ?? 0) > most;
}

/** Numbers of the lines that have any of each of these lists. */
async function hits(db: Db, terms: readonly (readonly TextTerm[])[]): Promise<RawBuilder<number>> {
  const some = terms.some((any) => bodyTerms(any).length > 0)
    ? await db.selectFrom('texts').select('n').limit(1).execute()
    : [];
  if (some.length > 0)
    return sql`${sql.join(
      terms.map((any) => sql`SELECT n FROM (${anywhere(any)})`),
      sql` INTERSECT `,
    )}`;
  const inHeaders = terms.map(headerTerms);
  return inHeaders.some((any) => any.length === 0) ? nothing : matches('lines_text', every(inHeaders));
}

/** Any of these, in the headers or in what is written. */
function anywhere(any: readonly TextTerm[]): RawBuilder<number> {
  const [header, body] = [headerTerms(any), bodyTerms(any)];
  const parts = [
    ...(header.length === 0 ? [] : [matches('lines_text', expression(header))]),
    ...(body.length === 0 ? [] : [matches('texts_index', expression(body))]),
  ];
  return sql`${sql.join(parts, sql` UNION `)}`;
}

const nothing = sql<number>`SELECT 0 AS n WHERE 0`;

function matches(table: 'lines_text' | 'texts_index', asked: string): RawBuilder<number> {
  return sql`SELECT rowid AS n FROM ${sql.table(table)} WHERE ${sql.table(table)} MATCH ${asked}`;
}

function every(terms: readonly (readonly TextTerm[])[]): string {
  return terms.map((any) => `(${expression(any)})`).join(' AND ');
}

/** The FTS5 expression of any of these: each a phrase whose last word may match by prefix. */
function expression(terms: readonly TextTerm[]): string {
  return terms
    .map((term) => {
      const { column, tokens } = term;
      return `${column === null ? '' : `${column} : `}"${tokens.join(' ')}"${isBeginning(term) ? '*' : ''}`;
    })
    .join(' OR ');
}
