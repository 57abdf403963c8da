import { sql } from 'kysely';
import { bytes, sha256, uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { MessageQuery, MessageRow } from '../ports/records.ts';
import { isOneOf } from './folders.ts';
import { date, type Db, decodeRows, digestFromBlob } from './rows.ts';
import { excludedTerms, matchTerms } from './search-text.ts';
import { words } from './words-of.ts';
import { listOf, nameRoomOf, roomOf, Shown, startOf } from './shown.ts';

/** The date a person knows a message by: its Date header, else when it arrived. As in the index. */
const dated = sql<number>`coalesce(lines.date, lines.internal_date)`;

/** Search in what is archived and not expired. */
export function messageSearch(db: Db): Pick<Catalog, 'search'> {
  return {
    async search(query) {
      const match = matchTerms(query);
      if (match?.kind === 'nothing') return [];
      const room = roomOf(query.limit);
      const names = nameRoomOf(query.limit);
      let select = narrow(db, messages(db, room, names), query);
      if (match !== null) select = select.where(await words(db).textHas(db, match.terms));
      const excluded = excludedTerms(query);
      if (excluded.length > 0) select = select.where(words(db).textLacks(excluded));
      if (query.limit !== undefined) select = select.limit(query.limit).offset(query.offset ?? 0);
      const rows = await select.orderBy(dated, 'desc').orderBy('lines.n', 'desc').execute();
      return await decodeRows(rows, (row): MessageRow => {
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
      });
    },
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

function narrow(
  db: Db,
  select: ReturnType<typeof messages>,
  query: MessageQuery,
): ReturnType<typeof messages> {
  const { messageId, accounts, folder, since, before, larger, smaller, archive } = query;
  let narrowed = select;
  if (messageId !== undefined) {
    // With and without the angle brackets, which people leave out.
    const bare = messageId.trim().replace(/^<|>$/g, '');
    narrowed = narrowed.where('lines.message_id', 'in', [bare, `<${bare}>`]);
  }
  if (accounts !== undefined) narrowed = narrowed.where(isOneOf(db, accounts));
  if (folder !== undefined) narrowed = narrowed.where('folders.folder', '=', folder);
  if (since !== undefined) narrowed = narrowed.where(dated, '>=', since.getTime());
  if (before !== undefined) narrowed = narrowed.where(dated, '<', before.getTime());
  if (larger !== undefined) narrowed = narrowed.where('lines.size', '>', larger);
  if (smaller !== undefined) narrowed = narrowed.where('lines.size', '<', smaller);
  if (archive !== undefined) narrowed = narrowed.where('archives.id', '=', archive);
  return narrowed;
}
