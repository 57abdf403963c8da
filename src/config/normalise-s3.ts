import type { S3KeysConfig, S3StoreConfig } from './config.ts';
import { normaliseEncryption } from './normalise-encryption.ts';
import { isLoopback } from './loopback.ts';
import type { S3StoreInput } from './schema-store.ts';
import type { Scope } from './scope.ts';
import type { Secret } from './secret.ts';
import type { Path } from './yaml-source.ts';

/** A bucket with its defaults; what must not be is reported. */
export function normaliseS3(scope: Scope, name: string, value: S3StoreInput): S3StoreConfig {
  const path = ['stores', name];
  const { endpoint, sse, prefix = '' } = value;
  const url = endpoint === undefined ? null : new URL(endpoint);
  if (url?.protocol === 'http:' && !isLoopback(url.hostname) && !value.insecure) {
    scope.report([...path, 'endpoint'], 'http sends mail in the clear; use https, or add insecure: true');
  }
  if (url !== null && (url.username !== '' || url.password !== '')) {
    scope.report([...path, 'endpoint'], 'must hold no user and no password; use credentials:');
  }
  if (sse?.type === 'AES256' && sse.keyId !== undefined) {
    scope.report([...path, 'sse', 'keyId'], 'is valid only with type: aws:kms', 'key');
  }
  return {
    type: 's3',
    name,
    bucket: value.bucket,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    region: value.region ?? null,
    endpoint: endpoint ?? null,
    forcePathStyle: value.forcePathStyle ?? false,
    caFile: value.caFile === undefined ? null : scope.resolve(value.caFile),
    credentials: keysOf(scope, [...path, 'credentials'], value.credentials),
    expireCredentials: keysOf(scope, [...path, 'expireCredentials'], value.expireCredentials),
    storageClass: value.storageClass ?? null,
    sse: sse === undefined ? null : { type: sse.type, keyId: sse.keyId ?? null },
    objectLock: value.objectLock ?? null,
    tags: value.tags ?? {},
    lifecycleChecked: value.lifecycleChecked ?? false,
    maxAttempts: value.maxAttempts,
    connectTimeoutMs: value.connectTimeout ?? 10_000,
    requestTimeoutMs: value.requestTimeout ?? 60_000,
    deadlineMs: value.deadline ?? 30 * 60_000,
    encryption: normaliseEncryption(scope, name, value.encryption),
  };
}

function keysOf(scope: Scope, path: Path, keys: S3StoreInput['credentials']): S3KeysConfig | null {
  const secret = (key: 'accessKeyId' | 'secretAccessKey' | 'sessionToken'): Secret | null =>
    scope.secret(path, key, { file: keys?.[`${key}File`], env: keys?.[`${key}Env`] });
  const accessKeyId = secret('accessKeyId');
  const secretAccessKey = secret('secretAccessKey');
  if (accessKeyId === null || secretAccessKey === null) return null;
  return { accessKeyId, secretAccessKey, sessionToken: secret('sessionToken') };
}
