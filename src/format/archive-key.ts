import { createHash } from 'node:crypto';
import type { Sha256 } from '../domain/brands.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import { packing, type Packing } from './packing.ts';

export interface ArchivePlace {
  readonly server: string;
  readonly account: string;
  /** Raw folder path as the server knows it. */
  readonly folder: string;
  /** Calendar year for the directory; must be the same on a retry, so take it from the batch record. */
  readonly year: number;
  readonly id: Sha256;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  /** 2 and up: the name was taken by other bytes. */
  readonly attempt?: number;
  /** UUID that makes the name unlike any other, where the store can't refuse a second object of one name. */
  readonly nonce?: string;
  /** Encrypted before it is stored. Default: in the clear. */
  readonly encrypted?: boolean;
}

const extensions = {
  mbox: { zstd: '.mbox.zst', gzip: '.mbox.gz', none: '.mbox' },
  'maildir-tar': { zstd: '.maildir.tar.zst', gzip: '.maildir.tar.gz', none: '.maildir.tar' },
  // A zip names the compression of each member itself.
  'eml-zip': { deflate: '.eml.zip', none: '.eml.zip' },
} as const;
const endings = Object.values(extensions).flatMap((byCompression) => Object.values<string>(byCompression));
const manifestExtension = '.manifest.jsonl.zst';
/** After the ending of whatever was encrypted with age. */
const encryptedExtension = '.age';

/**
 * `<account-slug>/<folder-slug>/<yyyy>/<id>[-<attempt>][.<nonce>]` and `.mbox` or `.maildir.tar` with `.zst`, `.gz` or
 * nothing, or `.eml.zip`; then `.age` when it is encrypted. @throws MothballError `unsupported` when the compression is not the format's.
 */
export function archiveKey(place: ArchivePlace): string {
  const account = accountDirectory(place);
  const year = String(place.year).padStart(4, '0');
  const suffix = place.attempt === undefined || place.attempt < 2 ? '' : `-${place.attempt}`;
  const nonce = place.nonce === undefined ? '' : `.${place.nonce.replaceAll('-', '')}`;
  return `${account}/${slug(place.folder, place.folder)}/${year}/${place.id}${suffix}${nonce}${extensionOf(packing(place.format, place.compression))}${place.encrypted === true ? encryptedExtension : ''}`;
}

function extensionOf(kind: Packing): string {
  return kind.format === 'eml-zip'
    ? extensions[kind.format][kind.compression]
    : extensions[kind.format][kind.compression];
}

/** First part of the keys of all archives of an account. */
export function accountDirectory({ server, account }: Pick<ArchivePlace, 'server' | 'account'>): string {
  return slug(account, `${server}\0${account}`);
}

/** Key of the manifest beside an object, encrypted as the object is. */
export function manifestKey(objectKey: string): string {
  return `${stem(objectKey)}${manifestExtension}${isEncryptedKey(objectKey) ? encryptedExtension : ''}`;
}

/** True for the key of an object or manifest that is encrypted. */
export function isEncryptedKey(key: string): boolean {
  return key.endsWith(encryptedExtension);
}

function withoutEncryption(key: string): string {
  return isEncryptedKey(key) ? key.slice(0, -encryptedExtension.length) : key;
}

/** How many names of this archive were taken before this one was found: 1 for the first. */
export function attemptOf(key: string): number {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return Number(/^[0-9a-f]{64}-(\d)\./.exec(name)?.[1] ?? 1);
}

/** Prefix of the keys of an archive's receipts: `<object key without extension>.receipts/`. */
export function receiptPrefix(objectKey: string): string {
  return `${stem(objectKey)}.receipts/`;
}

/** True for the key of a manifest. */
export function isManifestKey(key: string): boolean {
  return withoutEncryption(key).endsWith(manifestExtension);
}

/** True for the key of an archive object. */
export function isArchiveKey(key: string): boolean {
  const plain = withoutEncryption(key);
  return endings.some((extension) => plain.endsWith(extension));
}

/** @throws RangeError when it is not the key of an archive object. */
function stem(objectKey: string): string {
  const plain = withoutEncryption(objectKey);
  const extension = endings.find((end) => plain.endsWith(end));
  if (extension === undefined) throw new RangeError('not the key of an archive object');
  return plain.slice(0, -extension.length);
}

/**
 * A name that is safe on any file system: up to 40 of `[a-z0-9-]`, then 10 hex digits of the
 * SHA-256 of the raw name, so that no two names that differ share a directory.
 */
function slug(name: string, identity: string): string {
  const readable = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}+/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  // UTF-8 can't tell lone surrogates apart; their JSON escapes can.
  const exact = identity.isWellFormed() ? identity : JSON.stringify(identity);
  const digest = createHash('sha256').update(exact).digest('hex').slice(0, 10);
  return readable === '' ? digest : `${readable}-${digest}`;
}
