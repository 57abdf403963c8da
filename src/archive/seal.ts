import type { Sha256 } from '../domain/brands.ts';
import { totals, type Totals } from '../domain/plan.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { archiveId } from '../format/archive-id.ts';
import { archiveKey, manifestKey } from '../format/archive-key.ts';
import type { Manifest } from '../format/manifest-types.ts';
import { parseManifest } from '../format/manifest-parse.ts';
import { encodeWithDigest, type EncodedManifest, manifestDigest } from '../format/manifest.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { ArchiveOrigin, ArchiveRecord } from '../ports/records.ts';
import { type LockedWork, permitOf } from '../work/locked-work.ts';
import { encryptedSealing } from './seal-encrypted.ts';
import { plainSealing } from './seal-plain.ts';
import type { Placed, SealBatch } from './sealing.ts';

export interface Sealed {
  readonly record: Pick<ArchiveRecord, 'id' | 'store' | 'manifestKey'>;
  readonly totals: Totals;
}

/** How many names an archive may try when other objects are in its way. */
const maxNames = 9;

/** SAFETY steps 5–6: the object under a new name, then its manifest, then the catalog. */
export async function seal(work: LockedWork, batch: SealBatch, writer: ArchiveWriter): Promise<Sealed> {
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
      // If the store cannot refuse to overwrite, a UUID makes the name unique: the batch's, or the run's where there is no batch.
      ...(store.exclusive ? {} : { nonce: batch.key ?? batch.run }),
    });
  const asSpooled = { key: keyOf(1), version: null, messages: written.messages, ...written.file };
  const spooled = manifestOf(work, batch, id, asSpooled);
  const encoded = await readable(spooled);
  await using sealing =
    encryption === null
      ? plainSealing(work, store, batch, written)
      : await encryptedSealing({
          work,
          store,
          encryption,
          file: written.file,
          plain: spooled,
        });
  for (let attempt = 1; attempt <= maxNames; attempt += 1) {
    // A crash after the put leaves an object without a manifest, which does not exist for readers;
    // the resumed batch meets it under the same name and adopts it.
    await permitOf(work).prove();
    const placed = await sealing.place(keyOf(attempt));
    if (placed === null) continue;
    failPoint('after put');
    const key = manifestKey(placed.key);
    // The manifest is the commit point: from here on the archive exists, catalog or not.
    await permitOf(work).prove();
    const committed = isAsSpooled(placed, asSpooled)
      ? await sealing.commit(key, spooled, encoded)
      : await sealing.commit(key, manifestOf(work, batch, id, placed), null);
    if (committed === null) continue;
    failPoint('after manifest');
    await work.catalog.addArchive(committed.manifest, key, batch.key, {
      manifestObject: committed.object,
      manifestSha256: committed.digest,
      origin: originOf(batch, placed.adopted || committed.adopted),
    });
    failPoint('after seal record');
    return { record: { id, store: batch.store, manifestKey: key }, totals: totals(written.messages) };
  }
  throw new MothballError(
    {
      fact: `store "${store.name}": ${maxNames} other objects have the names that archive ${id} could take`,
      notDone: 'nothing was deleted',
      remedy: 'Look at the store by hand',
    },
    { code: 'store' },
  );
}

/**
 * Only a manifest that its own reader accepts, and reads as it was meant, is worth an object (SAFETY
 * step 6). @throws `verify`: nothing was stored.
 */
async function readable(manifest: Manifest): Promise<EncodedManifest> {
  let encoded: EncodedManifest;
  let read: Manifest;
  try {
    encoded = await encodeWithDigest(manifest);
    read = await parseManifest(encoded.object);
  } catch (error) {
    throw unreadable(errorMessage(error), error);
  }
  if ((await manifestDigest(read)) !== encoded.digest) throw unreadable('it reads as another one');
  return encoded;
}

/** Whether the object went where it was meant to go, so that its manifest is the one that was encoded. */
function isAsSpooled(placed: Placed, spooled: Omit<Placed, 'adopted'>): boolean {
  const { key, version, messages, bytes, sha256, adopted, encryption } = placed;
  return (
    !adopted &&
    encryption === undefined &&
    key === spooled.key &&
    version === spooled.version &&
    messages === spooled.messages &&
    bytes === spooled.bytes &&
    sha256 === spooled.sha256
  );
}

function unreadable(why: string, cause?: unknown): MothballError {
  return new MothballError(
    {
      fact: `a manifest would not be readable (${why})`,
      notDone: 'nothing of its archive was stored and nothing deleted',
      remedy: 'The next runs archive its messages in smaller parts',
    },
    { code: 'verify', cause },
  );
}

/** What was taken over, or made of files, says nothing of the mail on the server by itself (SAFETY I9). */
function originOf({ key }: SealBatch, adopted: boolean): ArchiveOrigin {
  if (key === null) return 'imported';
  return adopted ? 'adopted' : 'sealed';
}

/** Whether the policy asks for an index of the text, so that a reindex knows it without the policy. */
function wantsText({ rules }: LockedWork, { policy }: SealBatch): boolean {
  return rules.policies.some(({ name, indexText }) => name === policy && indexText === true);
}

function manifestOf(
  work: LockedWork,
  batch: SealBatch,
  id: Sha256,
  placed: Omit<Placed, 'adopted'>,
): Manifest {
  const { server, account, folder, roles, spelling, uidValidity, mailboxId } = batch;
  const { policy, policyHash, run, store, format, compression } = batch;
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
      ...spelling,
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
      headerNames: work.rules.headerNames,
      ...(wantsText(work, batch) && placed.encryption === undefined ? { indexText: true } : {}),
      created: batch.created.toISOString(),
    },
    messages: placed.messages,
  };
}
