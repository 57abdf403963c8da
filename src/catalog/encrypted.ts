import { bytes, sha256 } from '../domain/brands.ts';
import type { EncryptionRecords } from '../ports/encrypted-records.ts';
import { type CatalogDb, date, type Db, decodeRows } from './rows.ts';

/** Encrypted objects on their way to a store, and who was shown to be able to read them. */
export function encryptionRecords(db: CatalogDb): EncryptionRecords {
  return {
    async addEncrypted({ plainSha256, ...object }) {
      const row = { ...object, plain_sha256: plainSha256 };
      await db.write(async (trx) => {
        await forgetEncrypted(trx, row.store, [row.key]);
        await trx.insertInto('encrypted_objects').values(row).execute();
      });
    },

    async encrypted(store, key) {
      const rows = await db
        .selectFrom('encrypted_objects')
        .selectAll()
        .where('store', '=', store)
        .where('key', '=', key)
        .execute();
      const decoded = await decodeRows(rows, ({ plain_sha256, ...row }) => ({
        ...row,
        bytes: bytes(row.bytes),
        sha256: sha256(row.sha256),
        recipients: sha256(row.recipients),
        plainSha256: sha256(plain_sha256),
      }));
      return decoded[0] ?? null;
    },

    async setReadable(store, recipients, at) {
      await db.write(async (trx) => {
        await trx
          .insertInto('readable')
          .values({ store, recipients, at: at.getTime() })
          .onConflict((conflict) =>
            conflict.columns(['store', 'recipients']).doUpdateSet({ at: at.getTime() }),
          )
          .execute();
      });
    },

    async readableSince(store, recipients) {
      const row = await db
        .selectFrom('readable')
        .select('at')
        .where('store', '=', store)
        .where('recipients', '=', recipients)
        .executeTakeFirst();
      return row === undefined ? null : date(row.at);
    },
  };
}

/** What is in the store and in the catalog as an archive needs no record of its way there. */
export async function forgetEncrypted(trx: Db, store: string, keys: readonly string[]): Promise<void> {
  await trx.deleteFrom('encrypted_objects').where('store', '=', store).where('key', 'in', keys).execute();
}
