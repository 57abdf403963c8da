import { shortId } from '../domain/brands.ts';
import { isError, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Held } from '../ports/locks.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { RemovableStore } from '../ports/store.ts';
import type { ArchiveFiles } from './files.ts';

export interface RemovalWork {
  readonly store: RemovableStore;
  /** Fenced by the locks: no write succeeds once one is lost. */
  readonly catalog: Catalog;
  /** Of the locks: asked before each file. */
  readonly permit: Held;
}

/**
 * Removes one archive for good. The caller holds the locks of its account and of the store, and has
 * written the audit entry. @throws what the store throws; the record is then unchanged, unless a part
 * of the archive is gone already.
 */
export async function removeArchive(
  work: RemovalWork,
  record: ArchiveRecord,
  files: ArchiveFiles,
  reason: string,
): Promise<void> {
  const { store, catalog } = work;
  // From here on nothing finds it any more. A crash leaves all of its files, which the next expire
  // removes; `reindex` on this database knows that it is expired.
  await catalog.setArchiveState(record.id, 'expired', reason);
  failPoint('after expired record');
  try {
    await removeFiles(work, record, files);
  } catch (error) {
    // Who lost its lock decides nothing any more.
    if (!isError(error) || work.permit.lost.aborted) throw error;
    const whole = await isWhole(store, record, files);
    if (whole) await catalog.reinstate(record);
    const became = whole
      ? 'was not removed and stays as it was'
      : 'is removed in part, and the next expire continues';
    const { explanation, code } = error;
    throw new MothballError(
      { ...explanation, fact: `archive ${shortId(record.id)} ${became}: ${explanation.fact}` },
      { code, cause: error },
    );
  }
}

/** Removes the files and the messages in the catalog, also those that an earlier expire left. */
export async function removeFiles(
  work: RemovalWork,
  record: Pick<ArchiveRecord, 'id' | 'key' | 'manifestKey'>,
  files: ArchiveFiles,
): Promise<void> {
  const { catalog } = work;
  // The manifest before the object: a crash in between leaves an object that is no archive, never
  // an archive without its mail. Its own manifest last, so that no damaged namesake is taken for it.
  for (const key of withOwn(files.manifests, record.manifestKey)) {
    await removeIfThere(work, key);
    failPoint('after manifest removed');
  }
  for (const key of withOwn(files.objects, record.key)) {
    await removeIfThere(work, key);
    failPoint('after object removed');
  }
  // Only now: what the store refused to remove must not be forgotten.
  await catalog.forgetMessages(record.id);
  failPoint('after messages forgotten');
  // Receipts last: they say nothing without their archive.
  for (const { key } of files.receipts) {
    await removeIfThere(work, key);
    failPoint('after receipt removed');
  }
}

export async function removeIfThere(
  { store, permit }: Pick<RemovalWork, 'store' | 'permit'>,
  key: string,
): Promise<void> {
  await permit.prove();
  try {
    await store.remove(key);
  } catch (error) {
    if (!isError(error, 'missing')) throw error;
  }
}

/** Whether an archive is expired and its messages were not forgotten yet: a crash may leave nothing else of it. */
export async function isRemembered(catalog: Catalog, { id, state }: ArchiveRecord): Promise<boolean> {
  if (state !== 'expired') return false;
  const lines = await catalog.lines(id);
  // Lines whose deletion is open stay with an expired archive.
  return lines.length > 0 && lines.length > (await catalog.deleteEntries(id, ['deleting'])).length;
}

/** The keys, the archive's own last; a store may keep versions of it that its listing does not show. */
function withOwn(listed: ArchiveFiles['objects'], own: string): readonly string[] {
  return [...listed.map(({ key }) => key).filter((key) => key !== own), own];
}

/** Whether all files of the archive itself are still there. An error counts as no. */
async function isWhole(store: RemovableStore, record: ArchiveRecord, files: ArchiveFiles): Promise<boolean> {
  const own = [...files.manifests, ...files.objects].filter(
    ({ key }) => key === record.manifestKey || key === record.key,
  );
  try {
    for (const { key } of own) if ((await store.stat(key)) === null) return false;
    return true;
  } catch (error) {
    if (isError(error)) return false;
    throw error;
  }
}
