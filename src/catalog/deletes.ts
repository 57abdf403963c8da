import { sql, type SqlBool } from 'kysely';
import { bytes } from '../domain/brands.ts';
import { encodeReason } from '../domain/reason.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { DeleteEntry, DeleteState } from '../ports/records.ts';
import { decodeArchive, selectArchives } from './archive-rows.ts';
import { findFolder } from './folders.ts';
import { decodeEntry, entryColumns } from './line-rows.ts';
import { type CatalogDb, date, type Db, decodeRows, impossible } from './rows.ts';
import { deleteStates } from './schema.ts';
import { words } from './words-of.ts';

/** Pending (1) or deleting (2), in exactly the words of the partial index `lines_waiting`. */
const waiting = sql<SqlBool>`lines.state IN (1, 2)`;
/** The archive says something else than the server: no copy of the message. */
const differs = encodeReason({ code: 'copy-differs' });
/** Lines or UIDs that one statement takes. */
const chunk = 1000;

type DeleteLooks = 'copiesOf' | 'archivesToPurge' | 'deleteEntries';
type PendingLooks = 'pendingLines' | 'pendingTotals';
type Deletes = DeleteLooks | PendingLooks | 'setDeleteState';

/** How far each archived message is on its way off the server. */
export function deleteRecords(db: CatalogDb): Pick<Catalog, Deletes> {
  return { ...deleteLooks(db), ...pendingLooks(db), ...deleteChanges(db) };
}

function deleteLooks(db: Db): Pick<Catalog, DeleteLooks> {
  return {
    async copiesOf(policy, store, folder, uids) {
      const folderId = await findFolder(db, folder);
      if (folderId === null) return [];
      const copies: DeleteEntry[] = [];
      for (const part of chunks(uids)) {
        const rows = await entries(db)
          .where('lines.folder_id', '=', folderId)
          .where(words(db).numberIn('lines.uid', part))
          .where('archives.policy', '=', policy)
          .where('archives.store', '=', store)
          .where('archives.state', '=', 'verified')
          .where(sql<SqlBool>`lines.reason IS DISTINCT FROM ${differs}`)
          .orderBy('archives.n')
          .orderBy('lines.line')
          .execute();
        copies.push(...(await decodeRows(rows, decodeEntry)));
      }
      return copies;
    },

    async archivesToPurge(account) {
      const rows = await selectArchives(db)
        .where('folders.server', '=', account.server)
        .where('folders.account', '=', account.account)
        .where(
          sql<SqlBool>`EXISTS (SELECT 1 FROM lines WHERE lines.archive_n = archives.n AND ${waiting}
          AND (archives.state = 'verified' OR lines.state = 2))`,
        )
        .orderBy('archives.created')
        .orderBy('archives.n')
        .execute();
      return await decodeRows(rows, decodeArchive);
    },

    async deleteEntries(id, states) {
      const rows = await entries(db)
        .where('archives.id', '=', id)
        .where(words(db).numberIn('lines.state', states.map(stateNumber)))
        .orderBy('lines.line')
        .execute();
      return await decodeRows(rows, decodeEntry);
    },
  };
}

function pendingLooks(db: Db): Pick<Catalog, PendingLooks> {
  return {
    async pendingLines(id) {
      const rows = await db
        .selectFrom('lines')
        .innerJoin('archives', 'archives.n', 'lines.archive_n')
        .select(['lines.line', 'lines.size', 'lines.pending_since'])
        .where('archives.id', '=', id)
        .where('lines.state', '=', stateNumber('pending'))
        .orderBy('lines.line')
        .execute();
      return await decodeRows(rows, (row) => ({
        line: row.line,
        size: bytes(row.size),
        pendingSince: row.pending_since === null ? null : date(row.pending_since),
      }));
    },

    async pendingTotals(account) {
      const rows = await pendingSums(db)
        .select(['archives.policy', 'folders.folder'])
        .where('folders.server', '=', account.server)
        .where('folders.account', '=', account.account)
        .groupBy(['archives.policy', 'folders.folder'])
        .orderBy('archives.policy')
        .orderBy('folders.folder')
        .execute();
      return await decodeRows(rows, (row) => ({ ...row, ...decodeSums(row) }));
    },
  };
}

function deleteChanges(db: CatalogDb): Pick<Catalog, 'setDeleteState'> {
  return {
    async setDeleteState(id, lines, { state, at, reason, run }) {
      await db.write(async (trx) => {
        const archive = await trx
          .selectFrom('archives')
          .select(['n', 'state'])
          .where('id', '=', id)
          .executeTakeFirst();
        if (archive === undefined) throw impossible(`has no archive ${id}`);
        if (state === 'deleting' && archive.state !== 'verified') {
          // SAFETY I1: no intent without a verified copy.
          throw impossible(`refuses to delete by archive ${id}: it is ${archive.state}, not verified`);
        }
        const since = state === 'pending' ? { pending_since: at.getTime() } : {};
        for (const part of chunks([...new Set(lines)])) {
          if (run !== undefined) {
            const purged = { run, archive_n: archive.n, lines: JSON.stringify(part) };
            await trx.insertInto('purged_lines').values(purged).execute();
          }
          const update = trx
            .updateTable('lines')
            .set({
              state: stateNumber(state),
              reason: reason === null ? null : encodeReason(reason),
              ...since,
            })
            .where('archive_n', '=', archive.n)
            .where(words(db).numberIn('line', part))
            .$if(state === 'deleting', (query) => query.where(waiting));
          const { numUpdatedRows } = await update.executeTakeFirstOrThrow();
          if (Number(numUpdatedRows) === part.length) continue;
          const fault = state === 'deleting' ? 'are not pending' : 'do not exist';
          throw impossible(`refuses to mark lines of archive ${id} ${state}: some of them ${fault}`);
        }
      });
    },
  };
}

/** Digests as hex digits: a BLOB costs an ArrayBuffer each, and entries come by the ten thousand. */
function entryDigests(db: Db) {
  const its = words(db);
  return [its.hex('lines.sha256').as('sha256'), its.hex('lines.header_sha256').as('header_sha256')] as const;
}

function entries(db: Db) {
  return db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .select(entryColumns)
    .select(entryDigests(db))
    .select('archives.id as archive');
}

/** What verified archives still have on the server; the caller groups it. */
export function pendingSums(db: Db) {
  return db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .innerJoin('folders', 'folders.id', 'archives.folder_id')
    .select(({ fn }) => [
      fn.countAll<number>().as('messages'),
      fn.sum<number>('lines.size').as('bytes'),
      fn.min('lines.pending_since').as('since'),
    ])
    .where('archives.state', '=', 'verified')
    .where(waiting);
}

export function decodeSums(row: { readonly bytes: number; readonly since: number | null }) {
  return { bytes: bytes(row.bytes), since: row.since === null ? null : date(row.since) };
}

function stateNumber(state: DeleteState): number {
  return deleteStates.indexOf(state);
}

/** Parts of the list. */
function* chunks(numbers: readonly number[]): Generator<readonly number[]> {
  for (let start = 0; start < numbers.length; start += chunk) yield numbers.slice(start, start + chunk);
}
