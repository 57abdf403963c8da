import type { Sha256 } from '../domain/brands.ts';
import type { SpoolFile } from './store.ts';

/**
 * What a store's archives are encrypted with before they leave this machine. The keys that decrypt
 * are not here: who can write need not be able to read. Errors: MothballError `store`.
 */
export interface Encryption {
  /** Distinguishes one set of recipients from another: SHA-256 of the sorted list. */
  readonly fingerprint: Sha256;
  /** How many can decrypt. */
  readonly recipients: number;
  /** The file, encrypted under a new path, mode 0600, with the digest of what was read and encrypted. */
  encryptFile(path: string, to: string): Promise<SpoolFile & { readonly plainSha256: Sha256 }>;
  encryptBytes(data: Uint8Array): Promise<Uint8Array>;
}

/** The other side, for those who have an identity. */
export interface Decryption {
  /** @throws MothballError `verify` when it is damaged, `refused` when no identity fits. */
  decrypt(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** What of encryption this process has. */
export interface Keys {
  /** By store; archives of the others are stored in the clear. */
  readonly encryptions: ReadonlyMap<string, Encryption>;
  /** Null: nothing that is encrypted can be read. */
  readonly decryption: Decryption | null;
}
