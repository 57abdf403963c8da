import type { Catalog } from '../ports/catalog.ts';
import type { Db } from './rows.ts';

/** What the catalog knows of the stores themselves. */
export function storeRecords(db: Db): Pick<Catalog, 'storeMarker' | 'setStoreMarker'> {
  return {
    async storeMarker(store) {
      const row = await db.selectFrom('stores').select('marker').where('name', '=', store).executeTakeFirst();
      return row?.marker ?? null;
    },

    async setStoreMarker(store, marker) {
      await db.transaction().execute(async (trx) => {
        await trx
          .insertInto('stores')
          .values({ name: store, marker })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ marker }))
          .execute();
      });
    },
  };
}
