export interface EncryptedObjectTable {
  store: string;
  key: string;
  bytes: number;
  sha256: string;
  recipients: string;
  plain_sha256: string;
  /** Compressed manifest; null for the object of an archive. */
  plain: Uint8Array | null;
}

/** When an identity was last shown to decrypt what these recipients are sent. */
export interface ReadableTable {
  store: string;
  recipients: string;
  at: number;
}
