import { createHash } from 'node:crypto';
import type { Sha256 } from '../domain/brands.ts';
import type { FrameCompression } from './frames.ts';

export interface ArchivePlace {
  readonly server: string;
  readonly account: string;
  /** Raw folder path as the server knows it. */
  readonly folder: string;
  /** Calendar year for the directory; must be the same on a retry, so take it from the batch record. */
  readonly year: number;
  readonly id: Sha256;
  readonly compression: FrameCompression;
  /** 2 and up: the name was taken by other bytes. */
  readonly attempt?: number;
}

const extensions = { zstd: '.mbox.zst', gzip: '.mbox.gz', none: '.mbox' } as const;
const manifestExtension = '.manifest.jsonl.zst';

/** `<account-slug>/<folder-slug>/<yyyy>/<id>.mbox.zst` (`.mbox.gz`, `.mbox`). */
export function archiveKey(place: ArchivePlace): string {
  const account = accountDirectory(place);
  const year = String(place.year).padStart(4, '0');
  const suffix = place.attempt === undefined || place.attempt < 2 ? '' : `-${place.attempt}`;
  return `${account}/${slug(place.folder, place.folder)}/${year}/${place.id}${suffix}${extensions[place.compression]}`;
}

/** First part of the keys of all archives of an account. */
export function accountDirectory({ server, account }: Pick<ArchivePlace, 'server' | 'account'>): string {
  return slug(account, `${server}\0${account}`);
}

/** Key of the manifest beside an object. */
export function manifestKey(objectKey: string): string {
  return stem(objectKey) + manifestExtension;
}

/** Prefix of the keys of an archive's receipts: `<object key without extension>.receipts/`. */
export function receiptPrefix(objectKey: string): string {
  return `${stem(objectKey)}.receipts/`;
}

/** True for the key of a manifest. */
export function isManifestKey(key: string): boolean {
  return key.endsWith(manifestExtension);
}

/** True for the key of an archive object. */
export function isArchiveKey(key: string): boolean {
  return Object.values(extensions).some((extension) => key.endsWith(extension));
}

/** @throws RangeError when it is no key of an archive object. */
function stem(objectKey: string): string {
  const extension = Object.values(extensions).find((end) => objectKey.endsWith(end));
  if (extension === undefined) throw new RangeError('not the key of an archive object');
  return objectKey.slice(0, -extension.length);
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
