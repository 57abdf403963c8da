import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { ownLabels } from '../domain/labels.ts';
import type { ManifestHead, ManifestMessage } from './manifest-types.ts';

const idVersion = 1;

export type ArchiveIdentity = Pick<
  ManifestHead,
  | 'server'
  | 'account'
  | 'folder'
  | 'uidValidity'
  | 'mailboxId'
  | 'policy'
  | 'store'
  | 'format'
  | 'compression'
>;
export type MessageIdentity = Pick<ManifestMessage, 'uid' | 'size' | 'sha256' | 'internalDate'> &
  Partial<Pick<ManifestMessage, 'labels'>>;

/**
 * The id of an archive: SHA-256 of canonical JSON (keys sorted, no blanks) of what it holds and
 * where it comes from, never of compressed bytes or the time, so that a retry meets its own object.
 */
export function archiveId(archive: ArchiveIdentity, messages: readonly MessageIdentity[]): Sha256 {
  const canonical = JSON.stringify({
    account: archive.account,
    codec: archive.compression,
    folder: archive.folder,
    format: archive.format,
    idVersion,
    mailboxId: archive.mailboxId,
    messages: messages.map(identityOf),
    policy: archive.policy,
    server: archive.server,
    store: archive.store,
    uidValidity: archive.uidValidity,
  });
  return sha256(createHash('sha256').update(canonical).digest('hex'));
}

/** Labels of Gmail are what folders are elsewhere: under others it is archived again. */
function identityOf({
  uid,
  size,
  sha256: digest,
  internalDate,
  labels = [],
}: MessageIdentity): readonly unknown[] {
  const own = ownLabels(labels);
  return own.length === 0 ? [uid, size, digest, internalDate] : [uid, size, digest, internalDate, own];
}
