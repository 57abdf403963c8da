import { MothballError } from './errors.ts';
import { failPoint } from './failpoint.ts';
import type { Catalog } from './ports/catalog.ts';
import type { ArchiveRecord } from './ports/records.ts';
import type { Store, StoreObject } from './ports/store.ts';
import type { ArchiveFiles } from './store-files.ts';

interface Places {
  readonly store: Store;
  readonly catalog: Catalog;
}

/**
 * Removes one archive for good. The caller holds the locks of its account and of the store, and has
 * written the audit line.
 */
export async function removeArchive(
  { store, catalog }: Places,
  record: ArchiveRecord,
  files: ArchiveFiles,
  reason: string,
): Promise<void> {
  // From here on nothing finds it any more. A crash leaves all of its files, which the next expire
  // removes; `reindex` on this database knows that it is expired.
  await catalog.setArchiveState(record.id, 'expired', reason);
  failPoint('after expired record');
  await removeFiles({ store, catalog }, record, files);
}

/** The rest of it, also for an archive that an earlier expire began to remove. */
export async function removeFiles(
  { store, catalog }: Places,
  record: Pick<ArchiveRecord, 'id' | 'manifestKey'>,
  files: ArchiveFiles,
): Promise<void> {
  await catalog.forgetMessages(record.id);
  failPoint('after messages forgotten');
  // The manifest before the object: a crash in between leaves an object that is no archive, never
  // an archive without its mail. Its own manifest last, so that no damaged namesake is left to stand for it.
  const own = (object: StoreObject): number => (object.key === record.manifestKey ? 1 : 0);
  for (const { key } of files.manifests.toSorted((a, b) => own(a) - own(b))) {
    await removeIfThere(store, key);
    failPoint('after manifest removed');
  }
  for (const { key } of files.objects) {
    await removeIfThere(store, key);
    failPoint('after object removed');
  }
  // Receipts last: they say nothing without their archive.
  for (const { key } of files.receipts) {
    await removeIfThere(store, key);
    failPoint('after receipt removed');
  }
}

export async function removeIfThere(store: Store, key: string): Promise<void> {
  try {
    await store.remove(key);
  } catch (error) {
    if (!(error instanceof MothballError && error.code === 'missing')) throw error;
  }
}
