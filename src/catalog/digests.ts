import { sha256, type Sha256 } from '../domain/brands.ts';
import type { CopyRecords, HoldingArchive } from '../ports/copies.ts';
import { type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

/** Rows that are read at once. */
const chunk = 10_000;

/** Which messages an account has in archives, by their bytes. */
export function digestLookup(db: Db): CopyRecords {
  return {
    async copiesHeld(account, stores, policies, wanted) {
      const copies = new Map<Sha256, number>();
      const holding = new Map<number, number>();
      const its = words(db);
      // One pass over the account's lines: an index on digests would cost every archive for the sake of a rare import.
      for (let last = 0; ;) {
        const rows = await db
          .selectFrom('lines')
          .innerJoin('archives', 'archives.n', 'lines.archive_n')
          .innerJoin('folders', 'folders.id', 'lines.folder_id')
          .select(['lines.n', 'lines.archive_n'])
          .select(its.hex('lines.sha256').as('sha256'))
          .where('folders.server', '=', account.server)
          .where('folders.account', '=', account.account)
          .where(its.textIn('archives.store', stores))
          .where(its.textIn('archives.policy', policies))
          .where('archives.state', '=', 'verified')
          .where('lines.n', '>', last)
          .orderBy('lines.n')
          .limit(chunk)
          .execute();
        const found = await decodeRows(rows, (row) => ({ ...row, sha256: sha256(row.sha256) }));
        for (const { sha256: digest, archive_n: n } of found) {
          if (!wanted.has(digest)) continue;
          copies.set(digest, (copies.get(digest) ?? 0) + 1);
          holding.set(n, (holding.get(n) ?? 0) + 1);
        }
        if (rows.length < chunk) return { copies, archives: await named(db, holding) };
        last = rows.at(-1)?.n ?? last;
      }
    },
  };
}

/** `holding`: messages by the number of their archive. */
async function named(db: Db, holding: ReadonlyMap<number, number>): Promise<readonly HoldingArchive[]> {
  const archives: HoldingArchive[] = [];
  for (const [n, messages] of holding) {
    const row = await db
      .selectFrom('archives')
      .innerJoin('folders', 'folders.id', 'archives.folder_id')
      .select(['archives.id', 'folders.folder'])
      .where('archives.n', '=', n)
      .executeTakeFirst();
    if (row !== undefined) archives.push({ archive: sha256(row.id), folder: row.folder, messages });
  }
  return archives;
}
