import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { MessageQuery } from '../ports/records.ts';
import { isOneOf } from './folders.ts';
import { dated, type NarrowedLines } from './newest-first.ts';
import type { Db } from './rows.ts';
import { excludedTerms } from './search-text.ts';
import { words } from './words-of.ts';

/** Null: nothing can be found. */
export async function narrowed(db: Db, query: MessageQuery): Promise<NarrowedLines | null> {
  const folders = await foldersOf(db, query);
  if (folders?.length === 0) return null;
  // In the order in which SQLite is to go through them: a page needs few of many lines.
  let lines = db
    .selectFrom('lines')
    .crossJoin('archives')
    .select('lines.n')
    .whereRef('archives.n', '=', 'lines.archive_n')
    .where('archives.state', '!=', 'expired');
  let few = query.messageId !== undefined || query.archive !== undefined;
  const first = conditions(query);
  const dates = datesOf(query);
  const others: RawBuilder<SqlBool>[] = [];
  let many: RawBuilder<SqlBool> | null = null;
  for (const { column, has } of indexed(db, query, folders)) {
    const ref = sql.ref(`lines.${column}`);
    const rare = await isRare(db, has(ref));
    few ||= rare;
    if (!rare) many ??= has(ref);
    // The plus keeps SQLite from starting with it; PostgreSQL has statistics.
    others.push(has(rare ? ref : words(db).unindexed(ref)));
  }
  const every = [...first, ...dates, ...others];
  for (const condition of every) lines = lines.where(condition);
  // What an index has leads to lines that can be counted without looking at all the others.
  const led = dates.length > 0 || many === null ? dates : [many];
  return {
    lines,
    few,
    excluded: excludedTerms(query),
    counted: few ? { led: every, rest: [] } : { led, rest: every },
  };
}

/** The lines that are looked up and sorted at most. */
const mostSorted = 10_000;

async function isRare(db: Db, condition: RawBuilder<SqlBool>): Promise<boolean> {
  const counted = sql<{ readonly hits: number }>`SELECT count(*) AS hits
    FROM (SELECT 1 FROM lines WHERE ${condition} LIMIT ${sql.lit(mostSorted + 1)}) AS found`;
  const [first] = (await counted.execute(db)).rows;
  return (first?.hits ?? 0) <= mostSorted;
}

function conditions(query: MessageQuery): readonly RawBuilder<SqlBool>[] {
  const { messageId, archive, attached } = query;
  const all: RawBuilder<SqlBool>[] = [];
  if (messageId !== undefined) {
    // With and without the angle brackets, which people leave out.
    const bare = messageId.trim().replace(/^<|>$/g, '');
    all.push(sql`lines.message_id IN (${bare}, ${`<${bare}>`})`);
  }
  if (attached !== undefined) all.push(hasAttachments(attached));
  if (archive !== undefined)
    all.push(sql`lines.archive_n = (SELECT own.n FROM archives AS own WHERE own.id = ${archive})`);
  return all;
}

function datesOf({ since, before, after }: MessageQuery): readonly RawBuilder<SqlBool>[] {
  const all: RawBuilder<SqlBool>[] = [];
  if (since !== undefined) all.push(sql`${dated} >= ${since.getTime()}`);
  if (before !== undefined) all.push(sql`${dated} < ${before.getTime()}`);
  if (after !== undefined) {
    const at = after.date.getTime();
    all.push(sql`${dated} <= ${at}`, sql`(${dated} < ${at} OR lines.n < ${after.n})`);
  }
  return all;
}

/** A condition on a column that has an index. */
interface IndexedCondition {
  readonly column: 'size' | 'folder_id';
  readonly has: (column: RawBuilder<unknown>) => RawBuilder<SqlBool>;
}

function indexed(
  db: Db,
  { larger, smaller }: MessageQuery,
  folders: readonly number[] | null,
): readonly IndexedCondition[] {
  const all: IndexedCondition[] = [];
  if (larger !== undefined) all.push({ column: 'size', has: (size) => sql`${size} > ${larger}` });
  if (smaller !== undefined) all.push({ column: 'size', has: (size) => sql`${size} < ${smaller}` });
  if (folders !== null)
    all.push({ column: 'folder_id', has: (folder) => words(db).numberIn(folder, folders) });
  return all;
}

/** Folders that the query allows; null: all. */
async function foldersOf(
  db: Db,
  { accounts, folder, notFolders = [] }: MessageQuery,
): Promise<readonly number[] | null> {
  if (accounts === undefined && folder === undefined && notFolders.length === 0) return null;
  const rows = await db
    .selectFrom('folders')
    .select('id')
    .$if(accounts !== undefined, (query) => query.where(isOneOf(db, accounts ?? [])))
    .$if(folder !== undefined, (query) => query.where('folder', '=', folder ?? ''))
    .$if(notFolders.length > 0, (query) => query.where('folder', 'not in', notFolders))
    .execute();
  return rows.map(({ id }) => id);
}

/** Mail whose text is not indexed has neither. */
function hasAttachments(attached: boolean): RawBuilder<SqlBool> {
  const many = attached ? sql`> 0` : sql`= 0`;
  return sql`EXISTS (SELECT 1 FROM texts WHERE texts.n = lines.n AND texts.attached ${many})`;
}
