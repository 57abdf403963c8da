import { sql } from 'kysely';
import { bytes, sha256, uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { MessageQuery } from '../ports/records.ts';
import { isOneOf } from './folders.ts';
import { date, type Db, decodeRows, digestFromBlob, stringList } from './rows.ts';
import { matchExpression } from './search-text.ts';

/** The date a person knows a message by: its Date header, else when it arrived. As in the index. */
const dated = sql<number>`coalesce(lines.date, lines.internal_date)`;

/** Search in what is archived and not expired. */
export function messageSearch(db: Db): Pick<Catalog, 'search'> {
  return {
    async search(query) {
      const match = matchExpression(query);
      if (match?.kind === 'nothing') return [];
      let select = narrow(messages(db), query);
      if (match !== null) {
        const found = sql<number>`SELECT rowid FROM lines_text WHERE lines_text MATCH ${match.expression}`;
        select = select.where(sql<boolean>`lines.n IN (${found})`);
      }
      if (query.limit !== undefined) select = select.limit(query.limit).offset(query.offset ?? 0);
      const rows = await select.orderBy(dated, 'desc').orderBy('lines.n', 'desc').execute();
      return await decodeRows(rows, (row) => ({
        id: `${row.archive}/${row.line}`,
        archive: sha256(row.archive),
        line: row.line,
        server: row.server,
        account: row.account,
        folder: row.folder,
        uid: uid(row.uid),
        sha256: digestFromBlob(row.sha256),
        internalDate: date(row.internal_date),
        date: row.date === null ? null : date(row.date),
        from: row.sender,
        to: row.recipients,
        subject: row.subject,
        messageId: row.message_id,
        bytes: bytes(row.size),
        flags: stringList(row.flags),
      }));
    },
  };
}

function messages(db: Db) {
  return db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .innerJoin('folders', 'folders.id', 'lines.folder_id')
    .select(['lines.line', 'lines.uid', 'lines.sha256', 'lines.internal_date', 'lines.date', 'lines.size'])
    .select(['lines.sender', 'lines.recipients', 'lines.subject', 'lines.message_id', 'lines.flags'])
    .select(['archives.id as archive', 'folders.server', 'folders.account', 'folders.folder'])
    .where('archives.state', '!=', 'expired');
}

function narrow(select: ReturnType<typeof messages>, query: MessageQuery): ReturnType<typeof messages> {
  const { messageId, accounts, folder, since, before, larger, smaller, archive } = query;
  let narrowed = select;
  if (messageId !== undefined) {
    // With and without the angle brackets, which people leave out.
    const bare = messageId.trim().replace(/^<|>$/g, '');
    narrowed = narrowed.where('lines.message_id', 'in', [bare, `<${bare}>`]);
  }
  if (accounts !== undefined) narrowed = narrowed.where(isOneOf(accounts));
  if (folder !== undefined) narrowed = narrowed.where('folders.folder', '=', folder);
  if (since !== undefined) narrowed = narrowed.where(dated, '>=', since.getTime());
  if (before !== undefined) narrowed = narrowed.where(dated, '<', before.getTime());
  if (larger !== undefined) narrowed = narrowed.where('lines.size', '>', larger);
  if (smaller !== undefined) narrowed = narrowed.where('lines.size', '<', smaller);
  if (archive !== undefined) narrowed = narrowed.where('archives.id', '=', archive);
  return narrowed;
}
