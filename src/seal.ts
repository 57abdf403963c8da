import { isDeepStrictEqual } from 'node:util';
import type { Bytes, Sha256 } from './domain/brands.ts';
import { totals, type Totals } from './domain/plan.ts';
import { failPoint } from './failpoint.ts';
import { archiveId } from './format/archive-id.ts';
import { archiveKey, manifestKey } from './format/archive-key.ts';
import { encodeManifest, manifestDigest, parseManifest } from './format/manifest.ts';
import type { Manifest, ManifestMessage } from './format/manifest-types.ts';
import type { ArchiveRecord, Batch, DeleteEntry } from './ports/records.ts';
import type { ArchiveWriter, WrittenArchive } from './ports/codec.ts';
import type { Store } from './ports/store.ts';
import { errorMessage, MothballError } from './errors.ts';
import { readAll } from './read-all.ts';
import type { Work } from './work.ts';

export interface Sealed {
  readonly record: Pick<ArchiveRecord, 'id' | 'store' | 'manifestKey'>;
  readonly totals: Totals;
}

/** Where an object lies and what it is, whether just put or found there. */
interface Placed {
  readonly key: string;
  readonly bytes: Bytes;
  readonly sha256: Sha256;
  readonly version: string | null;
  readonly messages: readonly ManifestMessage[];
}

/** What an archive is made from: a batch, or the same of mail that no batch was recorded for (key null). */
export type SealBatch = Omit<Batch, 'key' | 'deletes' | 'uids'> & { readonly key: string | null };

/** How many names an archive may try when strangers' objects are in its way. */
const maxNames = 9;

/** SAFETY steps 5–6: the object under a new name, then its manifest, then the catalog. */
export async function seal(work: Work, batch: SealBatch, writer: ArchiveWriter): Promise<Sealed> {
  const store = await work.gate.open(batch.store);
  const written = await writer.finish();
  failPoint('after spool');
  const id = archiveId(batch, written.messages);
  for (let attempt = 1; attempt <= maxNames; attempt += 1) {
    // A crash after the put leaves an object without a manifest, which does not exist for readers;
    // the resumed batch meets it under the same name and adopts it.
    const placed = await place(work, store, id, batch, written, attempt);
    if (placed === null) continue;
    failPoint('after put');
    const key = manifestKey(placed.key);
    // The manifest is the commit point: from here on the archive exists, catalog or not.
    const committed = await commit(store, key, manifestOf(work, batch, id, placed));
    if (committed === null) continue;
    failPoint('after manifest');
    await work.catalog.addArchive(committed, key, batch.key, 'sealed');
    failPoint('after seal record');
    return { record: { id, store: batch.store, manifestKey: key }, totals: totals(written.messages) };
  }
  throw new MothballError(
    `store "${store.name}": ${maxNames} other objects stand where archive ${id} should go; nothing was deleted. Look at the store by hand.`,
    { code: 'store' },
  );
}

/** Puts the object; one that stands there already is adopted when it holds the same messages, else null. */
async function place(
  work: Work,
  store: Store,
  id: Sha256,
  batch: SealBatch,
  { file, messages }: WrittenArchive,
  attempt: number,
): Promise<Placed | null> {
  const { format, compression } = batch;
  // The year of the batch record, so that a resume after New Year meets its own object.
  const year = batch.created.getUTCFullYear();
  // The UUID of the batch, or of the run that has none, where a name might be overwritten: nobody else chooses such a name.
  const nonce = store.exclusive ? {} : { nonce: batch.key ?? batch.run };
  const key = archiveKey({ ...batch, year, id, attempt, ...nonce });
  try {
    const { version } = await store.putFile(key, file);
    return { key, bytes: file.bytes, sha256: file.sha256, version, messages };
  } catch (error) {
    if (!(error instanceof MothballError && error.code === 'exists')) throw error;
  }
  // Whoever left it may have been killed before its fsync: what is deleted for it must outlive a power cut.
  await store.sync(key);
  const version = (await store.stat(key))?.version ?? null;
  const found = await work.codec.adopt(messages, format, compression, (range) =>
    store.read(key, range, version),
  );
  return found === null ? null : { key, version, ...found };
}

function manifestOf(work: Work, batch: SealBatch, id: Sha256, placed: Placed): Manifest {
  const {
    server,
    account,
    folder,
    roles,
    uidValidity,
    mailboxId,
    policy,
    policyHash,
    run,
    store,
    format,
    compression,
  } = batch;
  return {
    head: {
      kind: 'archive',
      version: 1,
      id,
      tool: work.tool,
      server,
      account,
      folder,
      roles,
      uidValidity,
      mailboxId,
      policy,
      policyHash,
      run,
      store,
      format,
      compression,
      key: placed.key,
      bytes: placed.bytes,
      sha256: placed.sha256,
      objectVersion: placed.version,
      headerNames: work.headerNames,
      created: batch.created.toISOString(),
    },
    messages: placed.messages,
  };
}

/** Writes the manifest, or takes the one that a crashed run left when it tells of the same object, else null. */
async function commit(store: Store, key: string, manifest: Manifest): Promise<Manifest | null> {
  try {
    await store.putBytes(key, encodeManifest(manifest));
    return manifest;
  } catch (error) {
    if (!(error instanceof MothballError && error.code === 'exists')) throw error;
  }
  let found: Manifest;
  try {
    await store.sync(key);
    found = parseManifest(await readAll(store.read(key)));
  } catch (error) {
    // A damaged manifest is nobody's: the archive goes under the next name.
    if (error instanceof MothballError && error.code === 'verify') return null;
    throw error;
  }
  const alike = (a: ManifestMessage, b: ManifestMessage | undefined): boolean =>
    a.uid === b?.uid && a.sha256 === b.sha256 && isDeepStrictEqual([a.frame, a.stored], [b.frame, b.stored]);
  const same =
    found.head.id === manifest.head.id &&
    found.head.sha256 === manifest.head.sha256 &&
    found.messages.length === manifest.messages.length &&
    manifest.messages.every((message, index) => alike(message, found.messages[index]));
  return same ? found : null;
}

/**
 * SAFETY step 7: reads manifest and object back from the store through the code that restores,
 * and only then writes the durable record that permits deletion. False: quarantined, nothing of it
 * will be deleted. A failure to read throws and leaves the archive sealed, to be verified later.
 * @throws `missing` when it was stored anew meanwhile.
 */
export async function verify(
  work: Pick<Work, 'gate' | 'catalog' | 'codec' | 'clock' | 'progress'>,
  sealed: Pick<ArchiveRecord, 'id' | 'store' | 'manifestKey'>,
  deletes: boolean,
): Promise<boolean> {
  // As recorded now: a caller without the account's lock may have listed it before it was stored anew.
  const known = await work.catalog.archive(sealed.id);
  const record = known ?? sealed;
  const store = work.gate.find(record.store);
  const faults = await faultsOf(work, store, record);
  failPoint('after read-back');
  const [first] = faults;
  if (first !== undefined) {
    await work.catalog.setArchiveState(record.id, 'quarantined', first, known?.manifestSha256);
    work.progress.note(
      `archive ${record.id.slice(0, 12)} in store ${record.store} is quarantined, its mail stays on the server: ${first}`,
    );
    return false;
  }
  await work.catalog.markVerified(record.id, work.clock.now(), deletes, known?.manifestSha256);
  failPoint('after verified record');
  return true;
}

/**
 * What is wrong with an archive in its store; empty when every byte is as it was written. Entries
 * that are about to be deleted are compared with their lines in the manifest as read.
 */
export async function faultsOf(
  work: Pick<Work, 'catalog' | 'codec'>,
  store: Store,
  record: Pick<ArchiveRecord, 'id' | 'manifestKey'>,
  entries: readonly DeleteEntry[] = [],
): Promise<readonly string[]> {
  let manifest: Manifest;
  try {
    manifest = parseManifest(await readAll(store.read(record.manifestKey)));
  } catch (error) {
    if (error instanceof MothballError && (error.code === 'missing' || error.code === 'verify'))
      return [`manifest ${record.manifestKey}: ${errorMessage(error)}`];
    throw error;
  }
  const known = await work.catalog.archive(record.id);
  if (
    manifest.head.id !== record.id ||
    manifestDigest(manifest) !== known?.manifestSha256 ||
    !entries.every((entry) => tellsOf(manifest.messages[entry.line], entry))
  ) {
    return [`manifest ${record.manifestKey} is not the one that was written`];
  }
  const { key, objectVersion = null } = manifest.head;
  try {
    // An old version lives only as long as nobody clears old versions away.
    if (objectVersion !== null && (await store.stat(key))?.version !== objectVersion)
      return [`${key} was removed or overwritten: the version that was stored is not the current one`];
    const report = await work.codec.verify(manifest, (range) => store.read(key, range, objectVersion));
    return report.faults.map((fault) =>
      fault.index === null ? fault.reason : `message ${fault.index}: ${fault.reason}`,
    );
  } catch (error) {
    if (error instanceof MothballError && (error.code === 'missing' || error.code === 'verify'))
      return [errorMessage(error)];
    throw error;
  }
}

/** Whether the manifest line is the one that the catalog's entry was made from. */
function tellsOf(line: ManifestMessage | undefined, entry: DeleteEntry): boolean {
  return (
    line?.uid === entry.uid &&
    line.sha256 === entry.sha256 &&
    line.headerSha256 === entry.headerSha256 &&
    line.size === entry.size
  );
}
