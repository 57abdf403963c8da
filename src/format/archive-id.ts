import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { ownLabels } from '../domain/labels.ts';
import type { ManifestHead, ManifestMessage } from './manifest-types.ts';

const idVersion = 1;
/** Messages that are put into one piece of text. */
const atOnce = 500;

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
  const work = archiveIdIn(archive, messages);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The same in parts; yields what each cost. */
export function* archiveIdIn(
  archive: ArchiveIdentity,
  messages: readonly MessageIdentity[],
): Generator<number, Sha256> {
  const hash = createHash('sha256');
  const {
    account,
    compression: codec,
    folder,
    format,
    mailboxId,
    policy,
    server,
    store,
    uidValidity,
  } = archive;
  const before = JSON.stringify({ account, codec, folder, format, idVersion, mailboxId });
  hash.update(`${before.slice(0, -1)},"messages":[`);
  for (let start = 0; start < messages.length; start += atOnce) {
    const part = JSON.stringify(messages.slice(start, start + atOnce).map(identityOf)).slice(1, -1);
    hash.update(start === 0 ? part : `,${part}`);
    yield part.length;
  }
  hash.update(`],${JSON.stringify({ policy, server, store, uidValidity }).slice(1)}`);
  return sha256(hash.digest('hex'));
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
