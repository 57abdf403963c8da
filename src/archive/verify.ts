import { type Sha256, shortId } from '../domain/brands.ts';
import { errorMessage, isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { ParsedManifest } from '../format/manifest-parse.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import { manifestDigest, plainManifest } from '../format/manifest.ts';
import { digestOf } from '../format/object-digest.ts';
import type { ArchiveEncryption, ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { decrypted, readManifestText, type StoredManifest } from '../read/open-archive.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { type SeenManifest, seenManifest } from '../work/read-back.ts';

/** What reading an archive back needs. It changes no mail, so it needs no lock. */
export type Verifying = Pick<AccountWork, 'gate' | 'catalog' | 'codec' | 'clock' | 'progress'> &
  Partial<Pick<LockedWork, 'readBack'>>;

/**
 * SAFETY step 7: reads manifest and object back from the store through the code that restores,
 * and only then writes the durable record that permits deletion. False: quarantined, nothing of it
 * will be deleted. A failure to read throws and leaves the archive sealed, to be verified later.
 * @throws `changed` when it was stored again meanwhile.
 */
export async function verify(
  work: Verifying,
  sealed: Pick<ArchiveRecord, 'id' | 'store' | 'manifestKey'>,
  deletes: boolean,
): Promise<boolean> {
  // As recorded now: a caller without the account's lock may have listed it before it was stored again.
  const known = await work.catalog.archive(sealed.id);
  const record = known ?? sealed;
  const store = work.gate.find(record.store);
  const before = known === null ? null : await store.fingerprint(known.key);
  let manifest: SeenManifest | null = null;
  const seen = (read: SeenManifest): void => void (manifest = read);
  const faults = await faultsOf({ ...work, seen }, store, record);
  failPoint('after read-back');
  const [first] = faults;
  if (first !== undefined) {
    await work.catalog.setArchiveState(record.id, 'quarantined', first, known?.manifestSha256);
    work.progress.note(
      `archive ${shortId(record.id)} in store ${record.store} is quarantined, its mail stays on the server: ${first}`,
    );
    return false;
  }
  if (known !== null)
    work.readBack?.remember(
      known,
      { before, after: await store.fingerprint(known.key) },
      work.clock.now(),
      manifest,
    );
  await work.catalog.markVerified(record.id, work.clock.now(), deletes, known?.manifestSha256);
  const recipients = (await work.catalog.archive(record.id))?.encryption?.recipients;
  // What was decrypted in full proves more than a canary.
  if (work.gate.decryption !== null && recipients !== undefined)
    await work.catalog.setReadable(record.store, recipients, work.clock.now());
  failPoint('after verified record');
  return true;
}

/**
 * What is wrong with an archive in its store; empty when every byte is as it was written. Entries
 * that are about to be deleted are compared with their lines in the manifest as read. Without an
 * identity, an encrypted archive is as it was written when its files have the recorded digests.
 */
export async function faultsOf(
  work: Pick<Verifying, 'gate' | 'catalog' | 'codec'> & {
    /** Whether the object was read in this run and is still the same; only its manifest is then read again. */
    readonly isUnchanged?: (record: ArchiveRecord) => Promise<boolean>;
    /** Called with the manifest when it is the right one. */
    readonly seen?: (manifest: SeenManifest) => void;
  },
  store: Store,
  record: Pick<ArchiveRecord, 'id' | 'manifestKey'>,
  entries: readonly DeleteEntry[] = [],
): Promise<readonly string[]> {
  const { decryption } = work.gate;
  const known = await work.catalog.archive(record.id);
  const encryption = known?.encryption ?? null;
  if (known !== null && encryption !== null) {
    const altered = await alteredFile(store, known, encryption);
    if (altered !== null) return [altered];
    if (decryption === null) return [];
  }
  let read: StoredManifest;
  try {
    read = await readManifestText(store, record, decryption);
  } catch (error) {
    if (isError(error, 'missing', 'verify'))
      return [`manifest ${record.manifestKey}: ${errorMessage(error)}`];
    throw error;
  }
  const { manifest } = read;
  if (
    known === null ||
    manifest.head.id !== record.id ||
    !(await saysTheSame(read, known.manifestSha256)) ||
    !entries.every((entry) => describes(manifest.messages[entry.line], entry))
  ) {
    return [`manifest ${record.manifestKey} is not the one that was written`];
  }
  work.seen?.(seenManifest(read.objectDigest, manifest.messages));
  const { key, objectVersion = null } = manifest.head;
  try {
    // An old version lives only as long as nobody clears old versions away.
    if (objectVersion !== null && (await store.stat(key))?.version !== objectVersion)
      return [`${key} was removed or overwritten: the version that was stored is not the current one`];
    if (encryption === null && (await work.isUnchanged?.(known)) === true) return [];
    const report = await work.codec.verify(plainManifest(manifest), (range) =>
      encryption === null
        ? store.read(key, range, objectVersion)
        : decrypted(key, store.read(key, undefined, objectVersion), decryption),
    );
    return report.faults.map((fault) =>
      fault.index === null ? fault.reason : `message ${fault.index}: ${fault.reason}`,
    );
  } catch (error) {
    if (isError(error, 'missing', 'verify')) return [errorMessage(error)];
    throw error;
  }
}

/** Whether it is the manifest that was recorded: the very text, or in other words. */
async function saysTheSame({ manifest, textDigest }: ParsedManifest, recorded: Sha256): Promise<boolean> {
  return textDigest === recorded || (await manifestDigest(manifest)) === recorded;
}

/** Whether the manifest line is the one that the catalog's entry was made from. */
function describes(line: ManifestMessage | undefined, entry: DeleteEntry): boolean {
  return (
    line?.uid === entry.uid &&
    line.sha256 === entry.sha256 &&
    line.headerSha256 === entry.headerSha256 &&
    line.size === entry.size
  );
}

/**
 * Reads manifest and object of an encrypted archive back and compares them with what was recorded
 * before they were put, which needs no identity. Null: both are what was written. What was
 * encrypted had been read through the code that restores before (`seal-encrypted.ts`).
 */
async function alteredFile(
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
