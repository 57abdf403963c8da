import { bytes, sha256, uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { FoundLines } from '../ports/lines.ts';
import type { MessageQuery, MessageRow } from '../ports/records.ts';
import { dated, type LineQuery, type NarrowedLines, newestFirst } from './newest-first.ts';
import { date, type Db, decodeRows, digestFromBlob } from './rows.ts';
import { narrowed } from './search-lines.ts';
import { matchTerms, type TextTerm } from './search-text.ts';
import { listOf, nameRoomOf, roomOf, Shown, startOf } from './shown.ts';
import { words } from './words-of.ts';

/** Search in what is archived and not expired. */
export function messageSearch(db: Db): Pick<Catalog, 'search' | 'findLines' | 'countFound'> {
  return {
    findLines: (query) => findLines(db, query),

    async countFound(query) {
      const terms = termsOf(query);
      const found = terms === null ? null : await narrowed(db, wholeOf(query));
      if (terms === null || found === null) return { messages: 0, more: false };
      return await words(db).countFound(db, found, terms);
    },

    async search(query) {
      const terms = termsOf(query);
      const found = terms === null ? null : await narrowed(db, query);
      if (terms === null || found === null) return [];
      const room = roomOf(query.limit);
      const names = nameRoomOf(query.limit);
      const page = await pageOf(db, found, terms, query);
      // The texts of those on the page only: what is passed over need not be read.
      const rows = await messages(db, room, names)
        .where(words(db).numberIn('lines.n', page))
        .orderBy(dated, 'desc')
        .orderBy('lines.n', 'desc')
        .execute();
      return await decodeRows(rows, (row) => decodeRow(row, room, names));
    },
  };
}

/** All that it finds, wherever a page begins. */
function wholeOf({ after: _after, ...query }: MessageQuery): MessageQuery {
  return query;
}

/** What the text index is asked; null: nothing can be found. */
function termsOf(query: MessageQuery): readonly (readonly TextTerm[])[] | null {
  const match = matchTerms(query);
  if (match === null) return [];
  return match.kind === 'nothing' ? null : match.terms;
}

/** Numbers of the lines on a page of a search; without a limit all of them. */
async function pageOf(
  db: Db,
  found: NarrowedLines,
  terms: readonly (readonly TextTerm[])[],
  { limit, offset = 0 }: MessageQuery,
): Promise<readonly number[]> {
  if (limit !== undefined && terms.length + found.excluded.length > 0)
    return await words(db).wordPage(db, found, terms, { limit, offset });
  const lines = newestFirst(await having(db, found, terms), found.few);
  const page = limit === undefined ? lines : lines.limit(limit).offset(offset);
  return (await page.execute()).map(({ n }) => n);
}

/** Those lines that have the words that are asked for, and none of those that are not. */
async function having(
  db: Db,
  { lines, excluded }: NarrowedLines,
  terms: readonly (readonly TextTerm[])[],
): Promise<LineQuery> {
  const some = terms.length === 0 ? lines : lines.where(await words(db).textHas(db, terms));
  return excluded.length === 0 ? some : some.where(words(db).textLacks(excluded));
}

async function findLines(db: Db, query: MessageQuery): Promise<readonly FoundLines[]> {
  const terms = termsOf(query);
  const lines = terms === null ? null : await narrowed(db, query);
  if (terms === null || lines === null) return [];
  // One row for each archive: a row for each of half a million messages would take hundreds of megabytes.
  const rows = await (
    await having(db, lines, terms)
  )
    .clearSelect()
    .select('archives.n')
    .select(words(db).joined('lines.line').as('found'))
    .groupBy('archives.n')
    .execute();
  const found = new Map(rows.map((row) => [row.n, row.found]));
  const ids = await db.selectFrom('archives').select(['n', 'id']).orderBy('n').execute();
  return ids.flatMap(({ n, id }) => {
    const own = found.get(n);
    if (own === undefined) return [];
    const numbers = own.split(',').map(Number);
    return [{ archive: sha256(id), lines: numbers.toSorted((a, b) => a - b) }];
  });
}

type FoundRow = Awaited<ReturnType<ReturnType<typeof messages>['execute']>>[number];

function decodeRow(row: FoundRow, room: number, names: number): MessageRow {
  const shown = new Shown(room);
  const texts = {
    from: shown.textOrNull('from', row.sender),
    to: shown.textOrNull('to', row.recipients),
    subject: shown.textOrNull('subject', row.subject),
    messageId: shown.textOrNull('messageId', row.message_id),
    flags: shown.list('flags', row.flags),
  };
  return {
    id: `${row.archive}/${row.line}`,
    archive: sha256(row.archive),
    line: row.line,
    n: row.n,
    server: shown.text('server', row.server, names),
    account: shown.text('account', row.account, names),
    folder: shown.text('folder', row.folder, names),
    uid: uid(row.uid),
    sha256: digestFromBlob(row.sha256),
    internalDate: date(row.internal_date),
    date: row.date === null ? null : date(row.date),
    bytes: bytes(row.size),
    ...texts,
    cut: shown.cut,
  };
}

/** No more of each text than `room`, and of each name than `names`. */
function messages(db: Db, room: number, names: number) {
  return db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .innerJoin('folders', 'folders.id', 'lines.folder_id')
    .select([
      'lines.n',
      'lines.line',
      'lines.uid',
      'lines.sha256',
      'lines.internal_date',
      'lines.date',
      'lines.size',
    ])
    .select(startOf<string | null>('lines.sender', room).as('sender'))
    .select(startOf<string | null>('lines.recipients', room).as('recipients'))
    .select(startOf<string | null>('lines.subject', room).as('subject'))
    .select(startOf<string | null>('lines.message_id', room).as('message_id'))
    .select(listOf<string>('lines.flags', room).as('flags'))
    .select('archives.id as archive')
    .select(startOf<string>('folders.server', names).as('server'))
    .select(startOf<string>('folders.account', names).as('account'))
    .select(startOf<string>('folders.folder', names).as('folder'));
}
