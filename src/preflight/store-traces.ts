import { isError } from '../errors.ts';
import { isManifestKey } from '../format/archive-key.ts';
import type { Store } from '../ports/store.ts';

/** Another process on the same database may write the same marker just now. */
export async function writeMarker(store: Store, marker: string): Promise<void> {
  try {
    await store.writeMarker(marker);
  } catch (error) {
    if (!isError(error, 'exists') || (await store.marker()) !== marker) throw error;
  }
}

export async function isUsed(store: Store): Promise<boolean> {
  return (await store.marker()) !== null || (await holdsArchives(store));
}

export async function holdsArchives(store: Store): Promise<boolean> {
  try {
    for await (const { key } of store.list('')) if (isManifestKey(key)) return true;
    return false;
  } catch (error) {
    // The directory of a store that was never used does not exist yet.
    if (isError(error, 'missing')) return false;
    throw error;
  }
}
