import { errorMessage, isError } from '../errors.ts';
import { digestOf } from '../format/object-digest.ts';
import type { ArchiveEncryption, ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

/**
 * Reads manifest and object of an encrypted archive back and compares them with what was recorded
 * before they were put, which needs no identity. Null: both are what was written. What was
 * encrypted had been read through the code that restores before (`seal-encrypted.ts`).
 */
export async function alteredFile(
  store: Store,
  record: ArchiveRecord,
  { objectSha256, manifestObjectSha256 }: ArchiveEncryption,
): Promise<string | null> {
  const { key, manifestKey, objectVersion } = record;
  try {
    const manifest = await digestOf(store.read(manifestKey));
    if (manifest.sha256 !== manifestObjectSha256) return `${manifestKey} is not what was written`;
    // An old version lives only as long as nobody clears old versions away.
    if (objectVersion !== null && (await store.stat(key))?.version !== objectVersion)
      return `${key} was removed or overwritten: the version that was stored is not the current one`;
    const object = await digestOf(store.read(key, undefined, objectVersion));
    const same = object.sha256 === objectSha256 && object.bytes === record.storedBytes;
    return same ? null : `${key} is not what was written`;
  } catch (error) {
    if (isError(error, 'missing', 'verify')) return errorMessage(error);
    throw error;
  }
}
