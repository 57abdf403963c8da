import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CompiledQuery, sql, type SqlBool } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import { type Sha256, uid, type Uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import { copyWasThere, type RestoreRecord } from '../ports/records.ts';
import { countEvent } from './history.ts';
import { type CatalogDb, type Db, decodeRows, digestFromBlob, digestToBlob } from './rows.ts';

type Restores =
  'addRestores' | 'addedUids' | 'restoredUids' | 'trashedUids' | 'alteredCopies' | 'uncomparedCopies';

/** Rows of one statement. */
const recordsTogether = 100;

/** Messages that restores and purges made, which policies leave alone. */
export function restoreRecords(db: CatalogDb): Pick<Catalog, Restores> {
  return {
    ...uidLooks(db),
    ...copyLooks(db),

    async addRestores(records, added = 0) {
      await db.write(async (trx) => {
        const inserts = new Map<number, CompiledQuery>();
        for (let at = 0; at < records.length; at += recordsTogether) {
          const rows = records.slice(at, at + recordsTogether).map(rowOf);
          // Compiling costs more than inserting: once for each length, with other parameters each time.
          const insert = inserts.get(rows.length) ?? trx.insertInto('restores').values(rows).compile();
          inserts.set(rows.length, insert);
          await trx.executeQuery({ ...insert, parameters: rows.flatMap((row) => Object.values(row)) });
          await nextTurn();
        }
        if (added > 0) await countEvent(trx, 'restored', '', added);
      });
    },
  };
}

/** The keys are always in the same order. */
function rowOf(record: RestoreRecord) {
  return {
    server: record.server,
    account: record.account,
    folder: record.folder,
    uid_validity: record.uidValidity,
    uid: record.uid,
    sha256: digestToBlob(record.sha256),
    outcome: record.outcome,
    detail: record.detail,
    at: record.at.getTime(),
  };
}

interface Made {
  readonly account: AccountRef;
  readonly folder: string;
  readonly uidValidity: number;
}

/** UIDs of messages that were made in a folder, each once. */
function uidsIn(db: Db, { account, folder, uidValidity }: Made) {
  return db
    .selectFrom('restores')
    .select('uid')
    .distinct()
    .where('server', '=', account.server)
    .where('account', '=', account.account)
    .where('folder', '=', folder)
    .where('uid_validity', '=', uidValidity)
    .where('uid', 'is not', null)
    .$narrowType<{ uid: number }>();
}

function uidLooks(db: Db): Pick<Catalog, 'addedUids' | 'restoredUids' | 'trashedUids'> {
  return {
    async addedUids(account, folder, uidValidity) {
      const rows = await uidsIn(db, { account, folder, uidValidity })
        .where('outcome', 'in', ['restored', 'altered', 'appended'])
        .where(sql<SqlBool>`detail IS DISTINCT FROM ${copyWasThere}`)
        .execute();
      return new Set<Uid>(await decodeRows(rows, (row) => uid(row.uid)));
    },

    async restoredUids(account, folder, uidValidity, since) {
      const rows = await uidsIn(db, { account, folder, uidValidity })
        .where('at', '>=', since.getTime())
        .where('outcome', 'in', ['restored', 'altered', 'appended'])
        .execute();
      return new Set<Uid>(await decodeRows(rows, (row) => uid(row.uid)));
    },

    async trashedUids(policy, account, folder, uidValidity) {
      const rows = await uidsIn(db, { account, folder, uidValidity })
        .where('outcome', '=', 'trashed')
        .where('detail', '=', policy)
        .execute();
      return new Set<Uid>(await decodeRows(rows, (row) => uid(row.uid)));
    },
  };
}

function copyLooks(db: Db): Pick<Catalog, 'alteredCopies' | 'uncomparedCopies'> {
  return {
    async alteredCopies(account, folder, uidValidity) {
      const rows = await db
        .selectFrom('restores')
        .select('sha256')
        .select(({ fn }) => fn.countAll<number>().as('copies'))
        .where('server', '=', account.server)
        .where('account', '=', account.account)
        .where('folder', '=', folder)
        .where('uid_validity', '=', uidValidity)
        .where('outcome', '=', 'altered')
        .groupBy('sha256')
        .execute();
      const failures = await decodeRows(rows, (row): [Sha256, number] => [
        digestFromBlob(row.sha256),
        row.copies,
      ]);
      return new Map(failures);
    },

    async uncomparedCopies(account, folder, uidValidity) {
      const rows = await db
        .selectFrom('restores')
        .select(['uid', 'sha256'])
        .where('server', '=', account.server)
        .where('account', '=', account.account)
        .where('folder', '=', folder)
        .where('uid_validity', '=', uidValidity)
        .where('uid', 'is not', null)
        .where('outcome', 'in', ['restored', 'altered', 'appended'])
        .groupBy(['uid', 'sha256'])
        .having(sql<SqlBool>`min(CASE WHEN outcome = 'appended' THEN 1 ELSE 0 END) = 1`)
        .$narrowType<{ uid: number }>()
        .execute();
      return new Map(
        await decodeRows(rows, (row): [Uid, Sha256] => [uid(row.uid), digestFromBlob(row.sha256)]),
      );
    },
  };
}
