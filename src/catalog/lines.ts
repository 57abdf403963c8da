import { sql } from 'kysely';
import type { ManifestMessage } from '../format/manifest-types.ts';
import { decodeLine, encodeLine } from './line-rows.ts';
import { type Db, eachRow } from './rows.ts';
import { indexedText } from './search-text.ts';

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
