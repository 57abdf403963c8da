import { bytes, sha256, type Sha256, uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import { decodeLine } from './line-rows.ts';
import { date, type Db, decodeRows, stringList } from './rows.ts';
import { forgetTexts } from './texts.ts';
import { words } from './words-of.ts';

const linesAtOnce = 256;
const linesPerPage = 5000;

type LineRow = Parameters<typeof decodeLine>[0];

/** What is recorded of an archive's messages. */
export function lineLooks(db: Db): Pick<Catalog, 'lines' | 'lineFacts' | 'frameLines'> {
  return {
    async *lineFacts(id) {
      const page = (from: number) =>
        linesOf(db, id, from)
          .select(['lines.line', 'lines.uid', 'lines.size', 'lines.internal_date'])
          .select(['lines.email_id', 'lines.flags'])
          // As hex digits: a BLOB costs an ArrayBuffer each.
          .select(words(db).hex('lines.sha256').as('sha256'))
          .execute();
      const flagLists = new Map<string, readonly string[]>();
      yield* pagesOf(page, (row) => {
        const flags = flagLists.get(row.flags) ?? stringList(row.flags);
        flagLists.set(row.flags, flags);
        return {
          line: row.line,
          uid: uid(row.uid),
          size: bytes(row.size),
          internalDate: date(row.internal_date),
          flags,
          sha256: sha256(row.sha256),
          emailId: row.email_id,
        };
      });
    },

    async frameLines(id, line) {
      const own = await db
        .selectFrom('lines')
        .innerJoin('archives', 'archives.n', 'lines.archive_n')
        .select(['lines.archive_n', 'lines.frame_offset', 'lines.frame_length'])
        .where('archives.id', '=', id)
        .where('lines.line', '=', line)
        .executeTakeFirst();
      if (own === undefined) return null;
      const before = await neighbours(db, own, line, 'before');
      const rows = [...before.toReversed(), ...(await neighbours(db, own, line, 'from'))];
      const first = line - before.length;
      const complete = rows.every((row, index) => row.line === first + index);
      return complete ? { first, messages: await decodeRows(rows, decodeLine) } : null;
    },

    async lines(id) {
      const all = [];
      const page = (from: number) => linesOf(db, id, from).selectAll('lines').execute();
      for await (const some of pagesOf(page, decodeLine)) for (const one of some) all.push(one);
      return all;
    },
  };
}

/** A page of an archive's lines, ascending. */
function linesOf(db: Db, id: Sha256, from: number) {
  return db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .where('archives.id', '=', id)
    .where('lines.line', '>=', from)
    .orderBy('lines.line')
    .limit(linesPerPage);
}

/** Of an archive with hundreds of thousands of lines the rows are never all there at once. */
async function* pagesOf<Row extends { readonly line: number }, T>(
  page: (from: number) => Promise<readonly Row[]>,
  decode: (row: Row) => T,
): AsyncGenerator<readonly T[]> {
  for (let from = 0; ;) {
    const rows = await page(from);
    yield await decodeRows(rows, decode);
    const last = rows.at(-1);
    if (last === undefined || rows.length < linesPerPage) return;
    from = last.line + 1;
  }
}

interface FramePlace {
  readonly archive_n: number;
  readonly frame_offset: number;
  readonly frame_length: number;
}

/** Lines of the frame on one side of a line, outwards: an archive has thousands of lines, a frame few. */
async function neighbours(
  db: Db,
  own: FramePlace,
  line: number,
  side: 'before' | 'from',
): Promise<readonly LineRow[]> {
  const rows: LineRow[] = [];
  const down = side === 'before';
  for (let at = line; ; at += down ? -linesAtOnce : linesAtOnce) {
    const some = await db
      .selectFrom('lines')
      .selectAll()
      .where('archive_n', '=', own.archive_n)
      .where('line', down ? '<' : '>=', at)
      .orderBy('line', down ? 'desc' : 'asc')
      .limit(linesAtOnce)
      .execute();
    const other = some.findIndex(
      (row) => row.frame_offset !== own.frame_offset || row.frame_length !== own.frame_length,
    );
    rows.push(...(other < 0 ? some : some.slice(0, other)));
    if (other >= 0 || some.length < linesAtOnce) return rows;
  }
}

/** Removes all of an archive's lines but those in one delete state, and of all of them what is indexed of their text. Inside a write transaction only. */
export async function forgetLines(trx: Db, archive: number, kept: number | null): Promise<void> {
  await forgetTexts(trx, archive);
  const rows = await trx
    .selectFrom('lines')
    .selectAll()
    .where('archive_n', '=', archive)
    .$if(kept !== null, (query) => query.where('state', '!=', kept ?? 0))
    .execute();
  await words(trx).removeLines(
    trx,
    await decodeRows(rows, (row) => ({ n: row.n, message: decodeLine(row) })),
  );
}
