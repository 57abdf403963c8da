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
      const holding = new Map<string, HoldingArchive>();
      const its = words(db);
      // One pass over the account's lines: an index on digests would cost every archive for the sake of a rare import.
      for (let last = 0; ;) {
        const rows = await db
          .selectFrom('lines')
          .innerJoin('archives', 'archives.n', 'lines.archive_n')
          .innerJoin('folders', 'folders.id', 'lines.folder_id')
          .select(['lines.n', 'archives.id', 'folders.folder'])
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
        for (const { sha256: digest, id, folder } of found) {
          if (!wanted.has(digest)) continue;
          copies.set(digest, (copies.get(digest) ?? 0) + 1);
          const messages = (holding.get(id)?.messages ?? 0) + 1;
          holding.set(id, { archive: sha256(id), folder, messages });
        }
        if (rows.length < chunk) return { copies, archives: [...holding.values()] };
        last = rows.at(-1)?.n ?? last;
      }
    },
  };
}
