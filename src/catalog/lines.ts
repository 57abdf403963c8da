import { sql } from 'kysely';
import { bytes, sha256, uid } from '../domain/brands.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Catalog } from '../ports/catalog.ts';
import { decodeLine, encodeLine } from './line-rows.ts';
import { date, type Db, decodeRows, eachRow } from './rows.ts';
import { indexedText } from './search-text.ts';

/** What is recorded of an archive's messages. */
export function lineLooks(db: Db): Pick<Catalog, 'lines' | 'lineFacts'> {
  return {
    async lineFacts(id) {
      const rows = await db
        .selectFrom('lines')
        .innerJoin('archives', 'archives.n', 'lines.archive_n')
        .select(['lines.line', 'lines.uid', 'lines.size', 'lines.internal_date'])
        // As hex digits: a BLOB costs an ArrayBuffer each.
        .select(sql<string>`lower(hex(lines.sha256))`.as('sha256'))
        .where('archives.id', '=', id)
        .orderBy('lines.line')
        .execute();
      return await decodeRows(rows, (row) => ({
        line: row.line,
        uid: uid(row.uid),
        size: bytes(row.size),
        internalDate: date(row.internal_date),
        sha256: sha256(row.sha256),
      }));
    },

    async lines(id) {
      const rows = await db
        .selectFrom('lines')
        .innerJoin('archives', 'archives.n', 'lines.archive_n')
        .selectAll('lines')
        .where('archives.id', '=', id)
        .orderBy('lines.line')
        .execute();
      return await decodeRows(rows, decodeLine);
    },
  };
}

/** The messages of an archive, with what search knows of them. Inside a write transaction only. */
export async function insertLines(
  trx: Db,
  archive: number,
  folder: number,
  messages: readonly ManifestMessage[],
): Promise<void> {
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
}

/** Removes all of an archive's lines but those in one delete state. Inside a write transaction only. */
export async function forgetLines(trx: Db, archive: number, kept: number | null): Promise<void> {
  const rows = await trx
    .selectFrom('lines')
    .selectAll()
    .where('archive_n', '=', archive)
    .$if(kept !== null, (query) => query.where('state', '!=', kept ?? 0))
    .execute();
  await eachRow(rows, async (row) => {
    // A contentless index forgets a row only when it gets the same values again.
    const [sender, recipients, subject] = indexedText(decodeLine(row));
    await sql`INSERT INTO lines_text (lines_text, rowid, sender, recipients, subject)
      VALUES ('delete', ${row.n}, ${sender}, ${recipients}, ${subject})`.execute(trx);
    await trx.deleteFrom('lines').where('n', '=', row.n).execute();
  });
}
