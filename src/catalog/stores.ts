import type { Catalog } from '../ports/catalog.ts';
import { type CatalogDb, type Db } from './rows.ts';

type Identity = 'databaseId' | 'nameDatabase';
type Markers = 'storeMarker' | 'setStoreMarker' | 'plannedMarker' | 'planMarker';

/** What the catalog knows of the stores themselves, and what they know it by. */
export function storeRecords(db: CatalogDb): Pick<Catalog, Identity | Markers> {
  return {
    databaseId: () => idOf(db),

    async nameDatabase(id) {
      return db.write(async (trx) => {
        await trx
          .insertInto('identity')
          .values({ one: 1, id })
          .onConflict((conflict) => conflict.column('one').doNothing())
          .execute();
        return (await idOf(trx)) ?? id;
      });
    },

    storeMarker: (store) => markerOf(db, store, 0),

    async setStoreMarker(store, marker) {
      const known = { marker, planned: 0 };
      await db.write(async (trx) => {
        await trx
          .insertInto('stores')
          .values({ name: store, ...known })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(known))
          .execute();
      });
    },

    plannedMarker: (store) => markerOf(db, store, 1),

    async planMarker(store, marker) {
      return db.write(async (trx) => {
        await trx
          .insertInto('stores')
          .values({ name: store, marker, planned: 1 })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .execute();
        const { marker: recorded } = await trx
          .selectFrom('stores')
          .select('marker')
          .where('name', '=', store)
          .executeTakeFirstOrThrow();
        return recorded;
      });
    },
  };
}

async function idOf(db: Db): Promise<string | null> {
  const row = await db.selectFrom('identity').select('id').executeTakeFirst();
  return row?.id ?? null;
}

async function markerOf(db: Db, store: string, planned: 0 | 1): Promise<string | null> {
  const row = await db
    .selectFrom('stores')
    .select('marker')
    .where('name', '=', store)
    .where('planned', '=', planned)
    .executeTakeFirst();
  return row?.marker ?? null;
}
