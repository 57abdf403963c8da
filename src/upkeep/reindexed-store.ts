import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Permit } from '../ports/locks.ts';
import type { Store } from '../ports/store.ts';
import type { StoreOwnership } from '../preflight/store-owner.ts';

/** The store of a reindex, and what is known of whose it is. */
export interface ReindexedStore {
  readonly store: Store;
  /** Fenced by the store's lock. */
  readonly catalog: Catalog;
  readonly permit: Permit;
  /** The store replaces another one, on purpose. */
  readonly newStore: boolean;
  readonly ownership: StoreOwnership;
  /** From now on this database writes to the store, whichever did before. */
  readonly takeOver: boolean;
  /** For the audit. */
  readonly who: string;
}

/**
 * A volume that is not mounted looks like a store that lost everything. @throws `store` when the
 * catalog knows the store by a marker that is not there.
 */
export async function requireSameStore({
  store,
  catalog,
  newStore,
}: Pick<ReindexedStore, 'store' | 'catalog' | 'newStore'>): Promise<void> {
  const known = await catalog.storeMarker(store.name);
  if (known === null || newStore || (await store.marker()) === known) return;
  throw new MothballError(
    {
      fact: `store "${store.name}" no longer has its marker: its volume is not mounted, or another store is in its place`,
      notDone: 'nothing was changed',
      remedy: 'Mount the right volume; if it was replaced on purpose, run `mothball reindex --new-store`',
    },
    { code: 'store' },
  );
}

/**
 * Who writes to the store from now on, before it is listed: what another database adds later would be
 * missed. Where the other one was in this very place, its file is gone, and this one takes over; else a
 * person has to say so. Returns why this one may only read; null: it may write.
 */
export async function settleOwner({
  store,
  ownership,
  takeOver,
  permit,
  who,
}: Pick<ReindexedStore, 'store' | 'ownership' | 'takeOver' | 'permit' | 'who'>): Promise<string | null> {
  const owner = (await store.marker()) === null ? null : await ownership.foreign(store);
  if (owner === null) return null;
  if (!takeOver && !ownership.wasHere(owner)) return ownership.refusalText(store, owner);
  await permit.prove();
  await ownership.takeOver(store, who);
  return null;
}
