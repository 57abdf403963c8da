import { decodeLine } from './line-rows.ts';
import { type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

/** Removes all of an archive's lines but those in one delete state. Inside a write transaction only. */
export async function forgetLines(trx: Db, archive: number, kept: number | null): Promise<void> {
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
