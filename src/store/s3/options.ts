import type { Duration, Term } from '../../domain/policy.ts';

/** A secret that is read when it is needed. */
export interface SecretSource {
  read(): Promise<string>;
}

/** Keys in place of the default chain of the AWS SDK. */
export interface S3Keys {
  readonly accessKeyId: SecretSource;
  readonly secretAccessKey: SecretSource;
  readonly sessionToken: SecretSource | null;
}

export interface S3StoreOptions {
  readonly name: string;
  readonly bucket: string;
  /** Before every key; empty, or ending in `/`. */
  readonly prefix: string;
  /** Null: as environment and AWS profile say. */
  readonly region: string | null;
  /** URL of an S3-compatible server; null: AWS. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
  /** PEM bundle to trust instead of the system's; null: the system's. */
  readonly caFile: string | null;
  readonly credentials: S3Keys | null;
  readonly storageClass: string | null;
  readonly sse: { readonly type: 'AES256' | 'aws:kms'; readonly keyId: string | null } | null;
  readonly objectLock: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly for: Duration } | null;
  readonly tags: Readonly<Record<string, string>>;
  /** How long the policies keep what they archive here; null: for ever. */
  readonly keepFor: Term | null;
  /** Somebody looked at the lifecycle rules that this program may not read. */
  readonly lifecycleChecked: boolean;
  /** How often one request is tried. */
  readonly maxAttempts: number;
  readonly connectTimeoutMs: number;
  /** How long a connection may be silent. */
  readonly requestTimeoutMs: number;
  /** How long one object may take with all its retries; for reads, since the last byte. */
  readonly deadlineMs: number;
}
