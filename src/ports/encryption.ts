import type { SpoolFile } from './store.ts';

/**
 * What a store's archives are encrypted with before they leave this machine. The keys that decrypt
 * are not here: who can write need not be able to read. Errors: MothballError `store`.
 */
export interface Encryption {
  /** Tells one set of recipients from another: hexadecimal SHA-256 of the sorted list. */
  readonly fingerprint: string;
  /** The file, encrypted under a new path, mode 0600. */
  encryptFile(path: string, to: string): Promise<SpoolFile>;
  encryptBytes(data: Uint8Array): Promise<Uint8Array>;
}

/** The other side, for those who have an identity. */
export interface Decryption {
  /** @throws MothballError `verify` when it is damaged, `refused` when no identity fits. */
  decrypt(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}
