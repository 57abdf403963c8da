import { type ExpiryDetails, lastingLock } from '../domain/expiry.ts';
import { heldArchive, newestOf } from '../domain/manifest-hold.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import { holdsOn } from '../domain/selection.ts';
import { isError } from '../errors.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import { manifestDigest } from '../format/manifest.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { readManifest } from '../read/open-archive.ts';
import { type ArchiveFiles, filesAt, noFiles } from './files.ts';

/** An archive's files, and all that decides whether it may be removed. */
export interface Examined {
  readonly files: ArchiveFiles;
  readonly details: ExpiryDetails;
}

/** Looks up all that decides whether an archive may be removed. Reads only. */
export async function examine(
  work: {
    readonly store: Store;
    readonly gate: Pick<StoreGate, 'decryption'>;
    readonly catalog: Catalog;
    readonly holds: readonly Hold[];
  },
  record: ArchiveRecord,
  policy: Policy | null,
  now: Date,
): Promise<Examined> {
  const { store, catalog } = work;
  const { messages, headerNames } = await messagesOf(work, record);
  const pending = await catalog.deleteEntries(record.id, ['pending']);
  const deleting = await catalog.deleteEntries(record.id, ['deleting']);
  const batches = await catalog.openBatches({ server: record.server, account: record.account });
  const files = (await filesAt(store, record.key)) ?? noFiles(record);
  const locks = [];
  for (const { key } of [...files.manifests, ...files.objects, ...files.receipts]) {
    const lock = await store.lockOf(key);
    if (lock !== null) locks.push(lock);
  }
  const rules = { now, timezone: policy?.timezone ?? 'UTC' };
  const held = heldArchive(messages, headerNames, holdsOver(record, policy, work.holds), rules);
  return {
    files,
    details: {
      newest: newestOf(messages),
      pending: pending.length,
      deleting: deleting.length,
      openBatch: batches.some(
        (batch) =>
          batch.store === record.store && batch.policy === record.policy && batch.folder === record.folder,
      ),
      held:
        held === null || !isSealed(record, work.gate)
          ? held
          : `${held}, as far as can be known without --identity`,
      lock: lastingLock(locks),
    },
  };
}

/**
 * The messages of the manifest in the store. When it can't be read or is not the one that was written,
 * those of the catalog, with no header known to be absent.
 */
async function messagesOf(
  {
    store,
    gate,
    catalog,
  }: {
    readonly store: Store;
    readonly gate: Pick<StoreGate, 'decryption'>;
    readonly catalog: Catalog;
  },
  record: ArchiveRecord,
): Promise<{ readonly messages: readonly ManifestMessage[]; readonly headerNames: readonly string[] }> {
  try {
    const manifest = isSealed(record, gate) ? null : await readManifest(store, record, gate.decryption);
    if (manifest !== null && (await manifestDigest(manifest)) === record.manifestSha256)
      return { messages: manifest.messages, headerNames: manifest.head.headerNames };
  } catch (error) {
    const unread = ['missing', 'verify', 'refused'];
    if (!(isError(error) && unread.includes(error.code))) throw error;
  }
  return { messages: await catalog.lines(record.id), headerNames: [] };
}

/** Encrypted, and there is no identity. */
function isSealed({ encryption }: ArchiveRecord, { decryption }: Pick<StoreGate, 'decryption'>): boolean {
  return encryption !== null && decryption === null;
}

/**
 * The holds that may cover an archive. A manifest does not say whether its folder was a shared one,
 * which belongs to somebody else. Where the policy covers shared folders, is gone, or was changed
 * since it archived, every hold counts.
 */
function holdsOver(record: ArchiveRecord, policy: Policy | null, holds: readonly Hold[]): readonly Hold[] {
  const same = policy !== null && policy.hash === record.policyHash;
  const personal = same && policy.folders.namespaces.every((kind) => kind === 'personal');
  return holdsOn(record.account, { namespace: personal ? 'personal' : 'shared' }, holds);
}
