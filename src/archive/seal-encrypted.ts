import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { bytes, type Sha256, sha256 } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { Manifest } from '../format/manifest-types.ts';
import { parseManifest } from '../format/manifest-parse.ts';
import { encodeManifest } from '../format/manifest.ts';
import { digestOf } from '../format/object-digest.ts';
import type { EncryptedObject } from '../ports/encrypted-records.ts';
import type { Encryption } from '../ports/encryption.ts';
import type { SpoolFile, Store, StoreObject } from '../ports/store.ts';
import type { AccountWork } from '../work/account-work.ts';
import { readSpool } from '../work/spool.ts';
import { type Committed, type Placed, sameArchive, type Sealing, unlessExists } from './sealing.ts';

export interface Encrypting {
  readonly work: Pick<AccountWork, 'catalog' | 'codec'>;
  readonly store: Store;
  readonly encryption: Encryption;
  /** The object in the clear, and the manifest that describes it. */
  readonly file: SpoolFile;
  readonly plain: Manifest;
}

/**
 * The object encrypted on its way to the store. Nobody here can read it there, so two things come
 * first: the spool file is read through the code that restores, against `plain`, and before each
 * PUT the digest of what is put is made durable. Only by that record does a run after a crash
 * recognise its own object; what it does not recognise goes under the next name.
 * @throws `verify` when the spool file is not what was written: nothing was stored.
 */
export async function encryptedSealing(encrypting: Encrypting): Promise<Sealing> {
  const { work, file, plain } = encrypting;
  const { faults } = await work.codec.verify(plain, (range) => readSpool(file.path, range));
  const [fault] = faults;
  if (fault !== undefined) throw spoiled(file, fault.reason);
  return new EncryptedSealing(encrypting);
}

/** An object of ours that a crashed run left, or `taken`: another writer owns this name. */
type Left = (EncryptedObject & { readonly at: StoreObject }) | 'taken';

class EncryptedSealing implements Sealing {
  readonly #encrypting: Encrypting;
  readonly #path: string;
  #made: Promise<SpoolFile> | null = null;

  constructor(encrypting: Encrypting) {
    this.#encrypting = encrypting;
    this.#path = `${encrypting.file.path}.age`;
  }

  async place(key: string): Promise<Placed | null> {
    const { work, store, encryption, file, plain } = this.#encrypting;
    const recipients = encryption.fingerprint;
    const about = {
      key,
      messages: plain.messages,
      // What was left is known by the digest that this catalog recorded before it was put.
      adopted: false,
      encryption: { type: 'age' as const, recipients, bytes: file.bytes, sha256: file.sha256 },
    };
    const left = await this.#left(key);
    if (left === 'taken' || (left !== null && left.plainSha256 !== file.sha256)) return null;
    if (left !== null) return { ...about, bytes: left.bytes, sha256: left.sha256, version: left.at.version };
    const secret = await (this.#made ??= this.#encrypt());
    const { bytes: length, sha256: digest } = secret;
    const record = { store: store.name, key, bytes: length, sha256: digest, recipients };
    await work.catalog.addEncrypted({ ...record, plainSha256: file.sha256, plain: null });
    failPoint('after object record');
    const put = await unlessExists(() => store.putFile(key, secret));
    return put === null ? null : { ...about, bytes: length, sha256: digest, version: put.version };
  }

  async commit(key: string, manifest: Manifest): Promise<Committed | null> {
    const { work, store, encryption } = this.#encrypting;
    const left = await this.#left(key);
    if (left !== null) {
      if (left === 'taken' || left.plain === null) return null;
      const before = await parseManifest(left.plain);
      return sameArchive(before, manifest)
        ? { manifest: before, digest: null, object: left.sha256, adopted: false }
        : null;
    }
    const encoded = await encodeManifest(manifest);
    const secret = await encryption.encryptBytes(encoded);
    const digest = digestOfBytes(secret);
    await work.catalog.addEncrypted({
      store: store.name,
      key,
      bytes: bytes(secret.length),
      sha256: digest,
      recipients: encryption.fingerprint,
      plainSha256: digestOfBytes(encoded),
      plain: encoded,
    });
    failPoint('after manifest record');
    const put = await unlessExists(() => store.putBytes(key, secret));
    return put === null ? null : { manifest, digest: null, object: digest, adopted: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Once, however many names are tried. From here on no plain copy of the archive is on this machine. */
  async #encrypt(): Promise<SpoolFile> {
    const { encryption, file } = this.#encrypting;
    const secret = await encryption.encryptFile(file.path, this.#path);
    if (secret.plainSha256 !== file.sha256) throw spoiled(file, 'it changed before it was encrypted');
    await rm(file.path, { force: true });
    return secret;
  }

  /** What a crashed run left under this name. Null: nothing usable, upload it. */
  async #left(key: string): Promise<Left | null> {
    const { work, store, encryption } = this.#encrypting;
    const known = await work.catalog.encrypted(store.name, key);
    const at = known === null ? null : await store.stat(key);
    if (known === null || at === null) return null;
    // The run that left it may have been killed before its fsync: what is deleted for it must outlive a power cut.
    await store.sync(key);
    const found = await digestOf(store.read(key, undefined, at.version));
    const ours = known.recipients === encryption.fingerprint && found.sha256 === known.sha256;
    return ours ? { ...known, at } : 'taken';
  }
}

function digestOfBytes(data: Uint8Array): Sha256 {
  return sha256(createHash('sha256').update(data).digest('hex'));
}

function spoiled(file: SpoolFile, why: string): MothballError {
  return new MothballError(
    {
      fact: `the spool file ${file.path} does not read back as it was written: ${why}`,
      notDone: 'nothing of it was stored and nothing deleted',
      remedy: 'Check the disk of the spool, then run again',
    },
    { code: 'verify' },
  );
}
