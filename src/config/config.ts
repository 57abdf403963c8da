/**
 * `config/`: mothball.yaml and policy files, read and checked. This file says what the rest of the
 * program gets. `load.ts` reads the files; `schema-*.ts` say what a user may write, and the JSON
 * schemas are generated from them; `normalise-*.ts` apply defaults and the rules between keys.
 * All problems are reported at once, each with file, line and column, and none shows a secret.
 * `secret.ts` holds a secret so that no log, error or JSON can show it.
 * May import `yaml` and `zod`, `ports`, `domain` and `errors.ts`.
 */
import type { AccountRef } from '../domain/account.ts';
import type { Bytes } from '../domain/brands.ts';
import type { Duration, Hold, Policy } from '../domain/policy.ts';
import type { ChosenProfile } from '../domain/profiles.ts';
import type { AccountSourceConfig, DoveadmQuotaConfig } from './account-sources.ts';
import type { OAuthConfig } from './oauth.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

export interface ServerConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** implicit: TLS from the first byte · starttls: mandatory upgrade · none: plaintext. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Path of a PEM bundle to trust instead of the system's; null: the system's. */
  readonly caFile: string | null;
  /** Name that the certificate must bear; null: `host`. */
  readonly servername: string | null;
  /** SHA-256 of the certificates (lower-case hex) of which one must be the server's; empty: it is verified by its issuer and name. */
  readonly fingerprints: readonly string[];
  /** What `profile:` says, or what `host` says; null: to be recognised at the login. */
  readonly profile: ChosenProfile | null;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly connectAttempts: number;
  /** Sessions that one process may have open at once. */
  readonly maxConnections: number;
  /** Bytes of mail that one process reads in a second; null: as many as come. */
  readonly maxBytesPerSecond: Bytes | null;
  /** Bytes that are read from one account in 24 hours, and commands; null: as the kind of server says. */
  readonly maxBytesPerDay?: Bytes | null;
  readonly maxCommandsPerDay?: number | null;
  /** Where quotas are read without logging in; null: nowhere. */
  readonly doveadm?: DoveadmQuotaConfig | null;
}

/** How to log in. Secrets are read when they are needed, and never printed. */
export type Auth =
  | { readonly type: 'password'; readonly user: string; readonly password: Secret }
  | {
      readonly type: 'master';
      readonly user: string;
      readonly master: string;
      readonly password: Secret;
      readonly style: 'separator' | 'authzid';
      /** Between user and master, `*` by default; unused for authzid. */
      readonly separator: string;
    }
  | { readonly type: 'oauth2'; readonly user: string; readonly token: Secret }
  /** Tokens that Mothball fetches itself. */
  | { readonly type: 'grant'; readonly user: string; readonly config: OAuthConfig };

export interface AccountConfig extends AccountRef {
  readonly auth: Auth;
  /** Size of the mailbox where the server does not report its quota; null: unknown. */
  readonly quotaBytes: Bytes | null;
  /** The account source that lists it; null: mothball.yaml does. */
  readonly source: string | null;
}

/** Whom archives are encrypted to before they are stored. */
export interface EncryptionConfig {
  /** `age1…`; at least one. */
  readonly recipients: readonly string[];
  /** Absolute path of the file that some of them are read from. */
  readonly file: string | null;
}

export interface LocalStoreConfig {
  readonly type: 'local';
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Allows deleting although the directory is on tmpfs, overlay or emptyDir. */
  readonly ephemeral: boolean;
  /** Allows a file system that cannot fsync directories: a name may be lost in a power failure. */
  readonly unsyncedNames: boolean;
  /** Null: archives are stored in the clear. */
  readonly encryption: EncryptionConfig | null;
}

/** Keys in place of the default chain of the AWS SDK. */
export interface S3KeysConfig {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | null;
}

export interface S3StoreConfig {
  readonly type: 's3';
  readonly name: string;
  readonly bucket: string;
  /** Before every key; empty, or ending in `/`. */
  readonly prefix: string;
  /** Null: as environment and AWS profile say. */
  readonly region: string | null;
  /** Null: AWS. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
  /** Path of a PEM bundle to trust instead of the system's; null: the system's. */
  readonly caFile: string | null;
  readonly credentials: S3KeysConfig | null;
  /** For `expire` alone: those that may remove objects (SAFETY I5). Null: the ones above. */
  readonly expireCredentials: S3KeysConfig | null;
  readonly storageClass: string | null;
  readonly sse: { readonly type: 'AES256' | 'aws:kms'; readonly keyId: string | null } | null;
  readonly objectLock: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly for: Duration } | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly lifecycleChecked: boolean;
  readonly maxAttempts: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly deadlineMs: number;
  /** Null: archives are stored in the clear. */
  readonly encryption: EncryptionConfig | null;
}

export type StoreConfig = LocalStoreConfig | S3StoreConfig;

export type DatabaseConfig =
  /** Absolute path of the file. */
  { readonly type: 'sqlite'; readonly path: string } | PostgresConfig;

export interface PostgresConfig {
  readonly type: 'postgres';
  /** A path is the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: Secret | null;
  /** Null: not encrypted. `caFile`: PEM to trust in place of the system's. */
  readonly tls: { readonly caFile: string | null } | null;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

export interface Config extends Settings {
  /** Absolute path of the file it was read from, and its directory. */
  readonly file: string;
  readonly directory: string;
  /** What it was made from, secrets included: a change of any of them asks for a reload. */
  readonly sources: { readonly files: readonly string[]; readonly globs: readonly string[] };
  readonly servers: ReadonlyMap<string, ServerConfig>;
  readonly accounts: readonly AccountConfig[];
  readonly accountSources: readonly AccountSourceConfig[];
  /** Absolute path of the directory with the last list of each source. */
  readonly accountLists: string;
  readonly stores: ReadonlyMap<string, StoreConfig>;
  readonly database: DatabaseConfig;
  readonly spool: { readonly path: string; readonly maxBytes: Bytes };
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  /** What is allowed but looks wrong, as `validate` shows it. */
  readonly warnings: readonly string[];
}

/** What one account of a server may use in 24 hours; null: it is not limited here. */
export function perDayOf(server: ServerConfig | undefined): {
  readonly bytes: number | null;
  readonly commands: number | null;
} {
  return { bytes: server?.maxBytesPerDay ?? null, commands: server?.maxCommandsPerDay ?? null };
}
