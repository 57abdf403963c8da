import { sha256, type Sha256 } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

/** Rows that are read at once. */
const chunk = 10_000;

/** Which messages an account has in archives, by their bytes. */
export function digestLookup(db: Db): Pick<Catalog, 'copiesHeld'> {
  return {
    async copiesHeld(account, stores, policies, wanted) {
      const copies = new Map<Sha256, number>();
      const its = words(db);
      // One pass over the account's lines: an index on digests would cost every archive for the sake of a rare import.
      for (let last = 0; ;) {
        const rows = await db
          .selectFrom('lines')
          .innerJoin('archives', 'archives.n', 'lines.archive_n')
          .innerJoin('folders', 'folders.id', 'lines.folder_id')
          .select('lines.n')
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
        for (const digest of await decodeRows(rows, (row) => sha256(row.sha256))) {
          if (wanted.has(digest)) copies.set(digest, (copies.get(digest) ?? 0) + 1);
        }
        if (rows.length < chunk) return copies;
        last = rows.at(-1)?.n ?? last;
      }
    },
  };
}
