import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { MothballError } from '../errors.ts';
import { type CopiedTable, copiedTables } from './copied-tables.ts';
import { decodeLine } from './line-rows.ts';
import { type CatalogDb, type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

/** Values that one statement takes; SQLite takes 32,766. */
const valuesAtOnce = 15_000;

type Row = Readonly<Record<string, unknown>>;

/** What a table holds: the digest does not depend on the order of the rows. */
export interface TableSum {
  readonly rows: number;
  readonly digest: string;
}

export interface CopyProgress {
  /** A table was copied as far as this number of rows. */
  readonly copied: (table: string, rows: number) => void;
}

/**
 * Copies a catalog into another database, table by table, each part in one transaction of the target,
 * then compares counts and digests. The caller keeps everybody from writing to `from` meanwhile. Again
 * after it broke off: it continues. @throws `verify` when the copy differs, `database`.
 */
export async function copyCatalog(
  from: Db,
  to: CatalogDb,
  progress: CopyProgress,
): Promise<ReadonlyMap<string, TableSum>> {
  for (const table of copiedTables) {
    const columns = await columnsOf(from, table.name);
    // The markers make the catalog usable: only when everything else was compared.
    if (table.name === 'stores') await compareAll(from, to);
    if (table.key === null) await copyWhole(from, to, { ...table, columns }, progress);
    else await copyKeyed(from, to, { ...table, key: table.key, columns }, progress);
  }
  await to.write((trx) => words(to).continueNumbers(trx));
  return await compareAll(from, to);
}

interface Columns {
  readonly columns: readonly string[];
}

async function copyKeyed(
  from: Db,
  to: CatalogDb,
  { name, key, columns, atOnce }: CopiedTable & Columns & { readonly key: readonly string[] },
  { copied }: CopyProgress,
): Promise<void> {
  const limit = atOnce ?? Math.floor(valuesAtOnce / columns.length);
  let last = await lastKey(to, name, key);
  let rows = 0;
  for (;;) {
    const after =
      last === null
        ? sql`true`
        : sql`${tuple(key.map((column) => sql.ref(column)))} > ${tuple(last.map((value) => sql`${value}`))}`;
    const found = await sql<Row>`SELECT ${list(columns)} FROM ${sql.table(name)} WHERE ${after}
      ORDER BY ${list(key)} LIMIT ${sql.lit(limit)}`.execute(from);
    if (found.rows.length === 0) return;
    await to.write((trx) => insert(trx, name, columns, found.rows));
    rows += found.rows.length;
    copied(name, rows);
    const end = found.rows.at(-1) ?? {};
    last = key.map((column) => end[column]);
  }
}

/** Without a key: all of it in one transaction, or none. */
async function copyWhole(
  from: Db,
  to: CatalogDb,
  { name, columns }: CopiedTable & Columns,
  { copied }: CopyProgress,
): Promise<void> {
  const limit = Math.floor(valuesAtOnce / columns.length);
  const { rows } = await sql<Row>`SELECT ${list(columns)} FROM ${sql.table(name)}`.execute(from);
  await to.write(async (trx) => {
    await sql`DELETE FROM ${sql.table(name)}`.execute(trx);
    for (let first = 0; first < rows.length; first += limit)
      await insert(trx, name, columns, rows.slice(first, first + limit));
  });
  copied(name, rows.length);
}

async function insert(
  trx: Db,
  name: string,
  columns: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  const values = rows.map((row) => tuple(columns.map((column) => sql`${row[column]}`)));
  await sql`INSERT INTO ${sql.table(name)} (${list(columns)}) VALUES ${sql.join(values)}`.execute(trx);
  if (name !== 'lines' && name !== 'texts') return;
  const [first, last] = [Number(rows[0]?.['n']), Number(rows.at(-1)?.['n'])];
  if (name === 'texts') {
    const texts = trx.selectFrom('texts').selectAll().where('n', '>=', first).where('n', '<=', last);
    await words(trx).indexBodies(trx, await texts.execute());
    return;
  }
  const lines = await trx
    .selectFrom('lines')
    .selectAll()
    .where('n', '>=', first)
    .where('n', '<=', last)
    .execute();
  await words(trx).addText(
    trx,
    await decodeRows(lines, (line) => ({ n: line.n, message: decodeLine(line) })),
  );
}

async function lastKey(db: Db, name: string, key: readonly string[]): Promise<readonly unknown[] | null> {
  const descending = sql.join(key.map((column) => sql`${sql.ref(column)} DESC`));
  const { rows } = await sql<Row>`SELECT ${list(key)} FROM ${sql.table(name)}
    ORDER BY ${descending} LIMIT 1`.execute(db);
  const [row] = rows;
  return row === undefined ? null : key.map((column) => row[column]);
}

async function columnsOf(db: Db, name: string): Promise<readonly string[]> {
  return await words(db).columnsOf(db, name);
}

async function compareAll(from: Db, to: Db): Promise<ReadonlyMap<string, TableSum>> {
  const sums = new Map<string, TableSum>();
  for (const table of copiedTables) {
    const columns = await columnsOf(from, table.name);
    const [one, two] = [await sumOf(from, table, columns), await sumOf(to, table, columns)];
    // The markers are compared when they are there.
    if (table.name === 'stores' && two.rows === 0) continue;
    if (one.rows !== two.rows || one.digest !== two.digest) throw differs(table.name, one, two);
    sums.set(table.name, two);
  }
  return sums;
}

async function sumOf(
  db: Db,
  { name, key, atOnce }: CopiedTable,
  columns: readonly string[],
): Promise<TableSum> {
  let sum = 0n;
  let count = 0;
  const add = (rows: readonly Row[]): void => {
    for (const row of rows) {
      const values = columns.map((column) => shown(row[column]));
      sum += BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`);
    }
    count += rows.length;
  };
  const limit = atOnce ?? 5000;
  let last: readonly unknown[] | null = null;
  for (;;) {
    const after: RawBuilder<unknown> =
      last === null || key === null
        ? sql`true`
        : sql`${tuple(key.map((column) => sql.ref(column)))} > ${tuple(last.map((value) => sql`${value}`))}`;
    const part = key === null ? sql`` : sql`ORDER BY ${list(key)} LIMIT ${sql.lit(limit)}`;
    const { rows } =
      await sql<Row>`SELECT ${list(columns)} FROM ${sql.table(name)} WHERE ${after} ${part}`.execute(db);
    add(rows);
    if (key === null || rows.length < limit) break;
    const end: Row = rows.at(-1) ?? {};
    last = key.map((column) => end[column]);
  }
  return { rows: count, digest: (sum % 2n ** 256n).toString(16) };
}

function shown(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function list(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}

function tuple(parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql`(${sql.join(parts)})`;
}

function differs(name: string, one: TableSum, two: TableSum): MothballError {
  return new MothballError(
    {
      fact: `the copy of table ${name} differs (${one.rows} rows there, ${two.rows} here)`,
      notDone: 'the copy permits no deletion and must not be used',
      remedy: 'Remove the new database and copy again',
    },
    { code: 'verify' },
  );
}
