import { type Sha256, shortId } from '../domain/brands.ts';
import { totals, type Totals } from '../domain/plan.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { archiveId } from '../format/archive-id.ts';
import { archiveKey, manifestKey } from '../format/archive-key.ts';
import type { Manifest, ManifestMessage } from '../format/manifest-types.ts';
import { manifestDigest, plainManifest } from '../format/manifest.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { decrypted, readManifest } from '../read/open-archive.ts';
import type { Work } from '../work/work.ts';
import { encryptedSealing } from './seal-encrypted.ts';
import { plainSealing } from './seal-plain.ts';
import type { Placed, SealBatch } from './sealing.ts';
import { alteredFile } from './verify-encrypted.ts';

export type { SealBatch } from './sealing.ts';

export interface Sealed {
  readonly record: Pick<ArchiveRecord, 'id' | 'store' | 'manifestKey'>;
  readonly totals: Totals;
}

/** How many names an archive may try when strangers' objects are in its way. */
const maxNames = 9;

/** SAFETY steps 5–6: the object under a new name, then its manifest, then the catalog. */
export async function seal(work: Work, batch: SealBatch, writer: ArchiveWriter): Promise<Sealed> {
  const store = await work.gate.open(batch.store);
  const encryption = work.gate.encryption(batch.store);
  const written = await writer.finish();
  failPoint('after spool');
  const id = archiveId(batch, written.messages);
  const keyOf = (attempt: number): string =>
    archiveKey({
      ...batch,
      // The year of the batch record, so that a resume after New Year meets its own object.
      year: batch.created.getUTCFullYear(),
      id,
      attempt,
      encrypted: encryption !== null,
      // The UUID of the batch, or of the run that has none, where a name might be overwritten: nobody else chooses such a name.
      ...(store.exclusive ? {} : { nonce: batch.key ?? batch.run }),
    });
  const asSpooled = { key: keyOf(1), version: null, messages: written.messages, ...written.file };
  await using sealing =
    encryption === null
      ? plainSealing(work, store, batch, written)
      : await encryptedSealing(work, store, encryption, written.file, manifestOf(work, batch, id, asSpooled));
  for (let attempt = 1; attempt <= maxNames; attempt += 1) {
    // A crash after the put leaves an object without a manifest, which does not exist for readers;
    // the resumed batch meets it under the same name and adopts it.
    const placed = await sealing.place(keyOf(attempt));
    if (placed === null) continue;
    failPoint('after put');
    const key = manifestKey(placed.key);
    // The manifest is the commit point: from here on the archive exists, catalog or not.
    const committed = await sealing.commit(key, manifestOf(work, batch, id, placed));
    if (committed === null) continue;
    failPoint('after manifest');
    await work.catalog.addArchive(committed.manifest, key, batch.key, committed.object, 'sealed');
    failPoint('after seal record');
    return { record: { id, store: batch.store, manifestKey: key }, totals: totals(written.messages) };
  }
  throw new MothballError(
    `store "${store.name}": ${maxNames} other objects stand where archive ${id} should go; nothing was deleted. Look at the store by hand.`,
    { code: 'store' },
  );
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
      ...(placed.encryption === undefined ? {} : { encryption: placed.encryption }),
      objectVersion: placed.version,
      headerNames: work.headerNames,
      created: batch.created.toISOString(),
    },
    messages: placed.messages,
  };
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
      `archive ${shortId(record.id)} in store ${record.store} is quarantined, its mail stays on the server: ${first}`,
    );
    return false;
  }
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
  work: Pick<Work, 'gate' | 'catalog' | 'codec'>,
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
  let manifest: Manifest;
  try {
    manifest = await readManifest(store, record, decryption);
  } catch (error) {
    if (isError(error, 'missing', 'verify'))
      return [`manifest ${record.manifestKey}: ${errorMessage(error)}`];
    throw error;
  }
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

/** Whether the manifest line is the one that the catalog's entry was made from. */
function tellsOf(line: ManifestMessage | undefined, entry: DeleteEntry): boolean {
  return (
    line?.uid === entry.uid &&
    line.sha256 === entry.sha256 &&
    line.headerSha256 === entry.headerSha256 &&
    line.size === entry.size
  );
}
