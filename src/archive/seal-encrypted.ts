import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { bytes, sha256, type Sha256 } from '../domain/brands.ts';
import { isError, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { Manifest } from '../format/manifest-types.ts';
import { encodeManifest, parseManifest } from '../format/manifest.ts';
import { digestOf } from '../format/object-digest.ts';
import type { EncryptedObject } from '../ports/encrypted.ts';
import type { Encryption } from '../ports/encryption.ts';
import type { SpoolFile, Store, StoreObject } from '../ports/store.ts';
import { readSpool } from '../work/spool.ts';
import type { Work } from '../work/work.ts';
import { sameArchive, type Sealing } from './sealing.ts';

/**
 * The object encrypted on its way to the store. Nobody here can read it there, so two things come
 * first: the spool file is read through the code that restores, against `plain`, and before each
 * PUT the digest of what is put is made durable. By that record, and by it alone, a run after a
 * crash knows its own object again; what it does not know goes under the next name.
 * @throws `verify` when the spool file is not what was written: nothing was stored.
 */
export async function encryptedSealing(
  work: Pick<Work, 'catalog' | 'codec'>,
  store: Store,
  encryption: Encryption,
  file: SpoolFile,
  plain: Manifest,
): Promise<Sealing> {
  const { faults } = await work.codec.verify(plain, (range) => readSpool(file.path, range));
  const [fault] = faults;
  if (fault !== undefined) throw spoiled(file, fault.reason);
  const recipients = encryption.fingerprint;
  const to = `${file.path}.age`;
  let made: Promise<SpoolFile> | null = null;

  /** Once, however many names are tried. From here on no plain copy of the archive is on this machine. */
  const encrypt = async (): Promise<SpoolFile> => {
    const secret = await encryption.encryptFile(file.path, to);
    if (secret.plainSha256 !== file.sha256) throw spoiled(file, 'it changed before it was encrypted');
    await rm(file.path, { force: true });
    return secret;
  };

  /** What a crashed run of ours left under this name; null: put it anew. `taken`: it is somebody else's. */
  const left = async (
    key: string,
  ): Promise<(EncryptedObject & { readonly at: StoreObject }) | 'taken' | null> => {
    const known = await work.catalog.encrypted(store.name, key);
    const at = known === null ? null : await store.stat(key);
    if (known === null || at === null) return null;
    // Whoever left it may have been killed before its fsync: what is deleted for it must outlive a power cut.
    await store.sync(key);
    const found = await digestOf(store.read(key, undefined, at.version));
    return known.recipients === recipients && found.sha256 === known.sha256 ? { ...known, at } : 'taken';
  };

  return {
    async place(key) {
      const found = await left(key);
      if (found === 'taken' || (found !== null && found.plainSha256 !== file.sha256)) return null;
      const about = {
        key,
        messages: plain.messages,
        encryption: { type: 'age' as const, recipients, bytes: file.bytes, sha256: file.sha256 },
      };
      if (found !== null)
        return { ...about, bytes: found.bytes, sha256: found.sha256, version: found.at.version };
      const secret = await (made ??= encrypt());
      const { bytes: length, sha256: digest } = secret;
      const record = { store: store.name, key, bytes: length, sha256: digest, recipients };
      await work.catalog.addEncrypted({ ...record, plainSha256: file.sha256, plain: null });
      failPoint('after object record');
      const put = await unlessExists(() => store.putFile(key, secret));
      return put === null ? null : { ...about, bytes: length, sha256: digest, version: put.version };
    },

    async commit(key, manifest) {
      const found = await left(key);
      if (found !== null) {
        if (found === 'taken' || found.plain === null) return null;
        const before = parseManifest(found.plain);
        return sameArchive(before, manifest) ? { manifest: before, object: found.sha256 } : null;
      }
      const encoded = encodeManifest(manifest);
      const secret = await encryption.encryptBytes(encoded);
      const digest = digestOfBytes(secret);
      await work.catalog.addEncrypted({
        store: store.name,
        key,
        bytes: bytes(secret.length),
        sha256: digest,
        recipients,
        plainSha256: digestOfBytes(encoded),
        plain: encoded,
      });
      failPoint('after manifest record');
      const put = await unlessExists(() => store.putBytes(key, secret));
      return put === null ? null : { manifest, object: digest };
    },

    async [Symbol.asyncDispose]() {
      await rm(to, { force: true });
    },
  };
}

async function unlessExists(put: () => Promise<StoreObject>): Promise<StoreObject | null> {
  try {
    return await put();
  } catch (error) {
    if (isError(error, 'exists')) return null;
    throw error;
  }
}

function digestOfBytes(data: Uint8Array): Sha256 {
  return sha256(createHash('sha256').update(data).digest('hex'));
}

function spoiled(file: SpoolFile, why: string): MothballError {
  return new MothballError(
    `the spool file ${file.path} does not read back as it was written: ${why}; nothing of it was stored and nothing deleted. Check the disk of the spool, then run again.`,
    { code: 'verify' },
  );
}
