import { type RawBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely';
import { bytes, sha256, uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { FoundLines } from '../ports/lines.ts';
import type { MessageQuery, MessageRow } from '../ports/records.ts';
import { isOneOf } from './folders.ts';
import { date, type Db, decodeRows, digestFromBlob } from './rows.ts';
import type { Schema } from './schema.ts';
import { excludedTerms, matchTerms, type TextTerm } from './search-text.ts';
import { words } from './words-of.ts';
import { listOf, nameRoomOf, roomOf, Shown, startOf } from './shown.ts';

/** The date a person knows a message by: its Date header, else when it arrived. As in the index. */
const dated = sql<number>`coalesce(lines.date, lines.internal_date)`;

/** Search in what is archived and not expired. */
export function messageSearch(db: Db): Pick<Catalog, 'search' | 'findLines'> {
  return {
    findLines: (query) => findLines(db, query),

    async search(query) {
      const match = matchTerms(query);
      if (match?.kind === 'nothing') return [];
      const room = roomOf(query.limit);
      const names = nameRoomOf(query.limit);
      const narrowed = narrow(db, messages(db, room, names), query);
      const { limit, offset = 0 } = query;
      let select = limit === undefined ? narrowed : narrowed.limit(limit).offset(offset);
      if (match !== null) {
        const page = limit === undefined ? null : await pageOf(db, query, match.terms, { limit, offset });
        if (page !== null) select = messages(db, room, names).where('lines.n', 'in', page);
        else select = select.where(await words(db).textHas(db, match.terms));
      }
      const rows = await select.orderBy(dated, 'desc').orderBy('lines.n', 'desc').execute();
      return await decodeRows(rows, (row) => decodeRow(row, room, names));
    },
  };
}

async function findLines(db: Db, query: MessageQuery): Promise<readonly FoundLines[]> {
  const match = matchTerms(query);
  if (match?.kind === 'nothing') return [];
  const all = db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .innerJoin('folders', 'folders.id', 'lines.folder_id')
    .select(['archives.n', 'lines.line'])
    .where('archives.state', '!=', 'expired');
  const narrowed = narrow(db, all, query);
  const select = match === null ? narrowed : narrowed.where(await words(db).textHas(db, match.terms));
  const found = new Map<number, number[]>();
  for (const { n, line } of await select.orderBy('archives.n').orderBy('lines.line').execute()) {
    const known = found.get(n);
    if (known === undefined) found.set(n, [line]);
    else known.push(line);
  }
  const ids = await db.selectFrom('archives').select(['n', 'id']).orderBy('n').execute();
  return ids.flatMap(({ n, id }) => {
    const lines = found.get(n);
    return lines === undefined ? [] : [{ archive: sha256(id), lines }];
  });
}

/**
 * The page of a query with many hits: the index of dates is walked, and only what is on the page is
 * looked up. Null: it has few, and these are looked up and sorted.
 */
async function pageOf(
  db: Db,
  query: MessageQuery,
  terms: readonly (readonly TextTerm[])[],
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly number[] | null> {
  const walked = await words(db).textHasOften(db, terms);
  if (walked === null) return null;
  // The order of the tables is what SQLite is to follow.
  const rows = await narrow(
    db,
    db
      .selectFrom('lines')
      .crossJoin('archives')
      .crossJoin('folders')
      .select('lines.n')
      .whereRef('archives.n', '=', 'lines.archive_n')
      .whereRef('folders.id', '=', 'lines.folder_id')
      .where('archives.state', '!=', 'expired')
      .where(walked),
    query,
  )
    .orderBy(dated, 'desc')
    .orderBy('lines.n', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(({ n }) => n);
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
    .select(['lines.line', 'lines.uid', 'lines.sha256', 'lines.internal_date', 'lines.date', 'lines.size'])
    .select(startOf<string | null>('lines.sender', room).as('sender'))
    .select(startOf<string | null>('lines.recipients', room).as('recipients'))
    .select(startOf<string | null>('lines.subject', room).as('subject'))
    .select(startOf<string | null>('lines.message_id', room).as('message_id'))
    .select(listOf<string>('lines.flags', room).as('flags'))
    .select('archives.id as archive')
    .select(startOf<string>('folders.server', names).as('server'))
    .select(startOf<string>('folders.account', names).as('account'))
    .select(startOf<string>('folders.folder', names).as('folder'))
    .where('archives.state', '!=', 'expired');
}

/** Mail whose text is not indexed has neither. */
function hasAttachments(attached: boolean): RawBuilder<SqlBool> {
  const many = attached ? sql`> 0` : sql`= 0`;
  return sql`EXISTS (SELECT 1 FROM texts WHERE texts.n = lines.n AND texts.attached ${many})`;
}

function narrow<Row>(
  db: Db,
  select: SelectQueryBuilder<Schema, 'lines' | 'archives' | 'folders', Row>,
  query: MessageQuery,
): SelectQueryBuilder<Schema, 'lines' | 'archives' | 'folders', Row> {
  const { messageId, accounts, folder, since, before, larger, smaller, archive } = query;
  const { attached, notFolders = [] } = query;
  let narrowed = select;
  const excluded = excludedTerms(query);
  if (excluded.length > 0) narrowed = narrowed.where(words(db).textLacks(excluded));
  if (messageId !== undefined) {
    // With and without the angle brackets, which people leave out.
    const bare = messageId.trim().replace(/^<|>$/g, '');
    narrowed = narrowed.where('lines.message_id', 'in', [bare, `<${bare}>`]);
  }
  if (accounts !== undefined) narrowed = narrowed.where(isOneOf(db, accounts));
  if (folder !== undefined) narrowed = narrowed.where('folders.folder', '=', folder);
  if (notFolders.length > 0) narrowed = narrowed.where('folders.folder', 'not in', notFolders);
  if (attached !== undefined) narrowed = narrowed.where(hasAttachments(attached));
  if (since !== undefined) narrowed = narrowed.where(dated, '>=', since.getTime());
  if (before !== undefined) narrowed = narrowed.where(dated, '<', before.getTime());
  if (larger !== undefined) narrowed = narrowed.where('lines.size', '>', larger);
  if (smaller !== undefined) narrowed = narrowed.where('lines.size', '<', smaller);
  if (archive !== undefined) narrowed = narrowed.where('archives.id', '=', archive);
  return narrowed;
}
