import type { Bytes, Sha256 } from '../domain/brands.ts';

/** An object that was encrypted to be stored: without an identity, only its digest shows whether it is ours. */
export interface EncryptedObject {
  readonly store: string;
  readonly key: string;
  /** As stored. */
  readonly bytes: Bytes;
  readonly sha256: Sha256;
  /** Fingerprint of those who can decrypt it. */
  readonly recipients: Sha256;
  /** Of what was encrypted. */
  readonly plainSha256: Sha256;
  /** What was encrypted, where it is a manifest: a resumed run takes it over as it was. */
  readonly plain: Uint8Array | null;
}

/** The part of the catalog that encrypted stores need. Errors and durability as in `Catalog`. */
export interface EncryptionRecords {
  /** Durable before the PUT; a record of the same store and key is replaced. `addArchive` forgets it. */
  addEncrypted(object: EncryptedObject): Promise<void>;
  encrypted(store: string, key: string): Promise<EncryptedObject | null>;
  /** What is encrypted to these recipients in this store was decrypted with an identity. */
  setReadable(store: string, recipients: Sha256, at: Date): Promise<void>;
  /** When that was last shown; null: never. */
  readableSince(store: string, recipients: Sha256): Promise<Date | null>;
}
