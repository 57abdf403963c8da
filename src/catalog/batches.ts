import { uid } from '../domain/brands.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Batch } from '../ports/records.ts';
import { compressions, formats } from './archive-rows.ts';
import { decodeFolder, decodeSpelling, folderNumber } from './folders.ts';
import { type CatalogDb, date, type Db, decodeRows, impossible, oneOf, stringList } from './rows.ts';

/** Batch records (SAFETY step 3). */
export function batchRecords(db: CatalogDb): Pick<Catalog, 'createBatch' | 'openBatches' | 'closeBatch'> {
  return {
    async createBatch(batch) {
      await db.write((trx) => insertBatch(trx, batch));
    },

    async openBatches(account) {
      const rows = await db
        .selectFrom('batches')
        .innerJoin('folders', 'folders.id', 'batches.folder_id')
        .selectAll('batches')
        .select(['folders.server', 'folders.account', 'folders.folder'])
        .select(['folders.uid_validity', 'folders.mailbox_id'])
        .where('folders.server', '=', account.server)
        .where('folders.account', '=', account.account)
        .where('batches.state', '=', 'open')
        .orderBy('batches.created')
        .orderBy('batches.key')
        .execute();
      return await decodeRows(rows, (row) => ({
        ...decodeFolder(row),
        key: row.key,
        run: row.run,
        created: date(row.created),
        roles: stringList(row.roles),
        spelling: decodeSpelling(row),
        policy: row.policy,
        policyHash: row.policy_hash,
        store: row.store,
        format: oneOf(formats, row.format),
        compression: oneOf(compressions, row.compression),
        deletes: row.deletes === 1,
        uids: uidList(row.uids),
      }));
    },

    async closeBatch(key, outcome, reason) {
      await db.write((trx) => close(trx, key, outcome, reason));
    },
  };
}

/** Closes a batch that is still open; closed already, it stays as it is. @throws `database` for an unknown key. */
export async function close(
  trx: Db,
  key: string,
  outcome: 'sealed' | 'abandoned',
  reason: string | null,
): Promise<void> {
  const row = await trx.selectFrom('batches').select('state').where('key', '=', key).executeTakeFirst();
  if (row === undefined) throw impossible(`has no batch ${key} to close`);
  if (row.state !== 'open') return;
  // The UIDs have served; a closed batch stays as a line of history.
  await trx
    .updateTable('batches')
    .set({ state: outcome, reason, uids: '[]' })
    .where('key', '=', key)
    .execute();
}

async function insertBatch(trx: Db, batch: Batch): Promise<void> {
  await trx
    .insertInto('batches')
    .values({
      key: batch.key,
      folder_id: await folderNumber(trx, batch),
      run: batch.run,
      created: batch.created.getTime(),
      roles: JSON.stringify(batch.roles),
      delimiter: batch.spelling?.delimiter ?? null,
      prefix: batch.spelling?.prefix ?? null,
      policy: batch.policy,
      policy_hash: batch.policyHash,
      store: batch.store,
      format: batch.format,
      compression: batch.compression,
      deletes: batch.deletes ? 1 : 0,
      uids: JSON.stringify(batch.uids),
      state: 'open',
      reason: null,
    })
    .execute();
}

function uidList(json: string): Batch['uids'] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value)) throw new RangeError('not a list of UIDs');
  return value.map((item: unknown) => uid(Number(item)));
}
