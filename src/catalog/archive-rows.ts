import { bytes, sha256, type Sha256 } from '../domain/brands.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import type { Manifest } from '../format/manifest-types.ts';
import type {
  ArchiveEncryption,
  ArchiveFilter,
  ArchiveOrigin,
  ArchiveRecord,
  ArchiveState,
} from '../ports/records.ts';
import { decodeFolder, decodeSpelling, isOneOf } from './folders.ts';
import { date, type Db, instantMs, oneOf, stringList } from './rows.ts';
import type { ArchiveTable, FolderTable } from './schema.ts';
import { words } from './words-of.ts';

export const formats: readonly ArchiveFormat[] = ['mbox', 'eml-zip', 'maildir-tar'];
export const compressions: readonly Compression[] = ['zstd', 'gzip', 'deflate', 'none'];
/** Every state, as it is stored. */
export const archiveStates: readonly ArchiveState[] = ['sealed', 'verified', 'quarantined', 'expired'];
const origins: readonly ArchiveOrigin[] = ['sealed', 'adopted', 'imported', 'found'];

/** Archives with their folders; narrow it, then decode with `decodeArchive`. */
export function selectArchives(db: Db) {
  return db
    .selectFrom('archives')
    .innerJoin('folders', 'folders.id', 'archives.folder_id')
    .selectAll('archives')
    .select(['folders.server', 'folders.account', 'folders.folder'])
    .select(['folders.uid_validity', 'folders.mailbox_id']);
}

/** The archives that the filter lets through. */
export function narrowArchives(
  db: Db,
  archives: ReturnType<typeof selectArchives>,
  { accounts, store, policy, states, idPrefix, createdUntil }: ArchiveFilter,
): ReturnType<typeof selectArchives> {
  let query = archives;
  if (accounts !== undefined) query = query.where(isOneOf(db, accounts));
  if (store !== undefined) query = query.where('archives.store', '=', store);
  if (policy !== undefined) query = query.where('archives.policy', '=', policy);
  if (states !== undefined) query = query.where(words(db).textIn('archives.state', states));
  // `g` follows the last hex digit: a range that the index on id serves.
  if (idPrefix !== undefined) {
    query = query.where('archives.id', '>=', idPrefix).where('archives.id', '<', `${idPrefix}g`);
  }
  if (createdUntil !== undefined) query = query.where('archives.created', '<=', createdUntil.getTime());
  return query;
}

type ArchiveRow = Omit<ArchiveTable, 'n' | 'folder_id' | 'text_state'> & Omit<FolderTable, 'id'>;

export function decodeArchive(row: ArchiveRow): ArchiveRecord {
  return {
    ...decodeFolder(row),
    id: sha256(row.id),
    store: row.store,
    key: row.key,
    manifestKey: row.manifest_key,
    objectVersion: row.object_version,
    encryption: decodeEncryption(row),
    manifestSha256: sha256(row.manifest_sha256),
    roles: row.roles === null ? null : stringList(row.roles),
    spelling: decodeSpelling(row),
    policy: row.policy,
    policyHash: row.policy_hash,
    run: row.run,
    format: oneOf(formats, row.format),
    compression: oneOf(compressions, row.compression),
    messages: row.messages,
    bytes: bytes(row.bytes),
    storedBytes: bytes(row.stored_bytes),
    origin: oneOf(origins, row.origin),
    created: date(row.created),
    verifiedAt: row.verified_at === null ? null : date(row.verified_at),
    state: oneOf(archiveStates, row.state),
    stateReason: row.state_reason,
  };
}

function decodeEncryption(row: ArchiveRow): ArchiveEncryption | null {
  const { object_sha256: object, manifest_object_sha256: manifest, recipients } = row;
  if (object === null || manifest === null || recipients === null) return null;
  return {
    recipients: sha256(recipients),
    objectSha256: sha256(object),
    manifestObjectSha256: sha256(manifest),
  };
}

/** A manifest, its key, how it came here, and where it is encrypted the digest of the stored object. */
export interface NewArchiveRow {
  readonly manifest: Manifest;
  readonly key: string;
  readonly manifestObject: Sha256 | null;
  readonly origin: ArchiveOrigin;
  /** `manifestDigest`. */
  readonly manifestSha256: Sha256;
}

/** The archive a manifest describes, as sealed and not verified yet. */
export function encodeArchive({ manifest, manifestSha256, ...its }: NewArchiveRow, folder: number) {
  const { head, messages } = manifest;
  return {
    id: head.id,
    folder_id: folder,
    store: head.store,
    key: head.key,
    manifest_key: its.key,
    manifest_sha256: manifestSha256,
    roles: JSON.stringify(head.roles),
    delimiter: head.delimiter ?? null,
    prefix: head.prefix ?? null,
    policy: head.policy,
    policy_hash: head.policyHash,
    run: head.run,
    format: head.format,
    compression: head.compression,
    messages: messages.length,
    bytes: messages.reduce((sum, { size }) => sum + size, 0),
    stored_bytes: head.bytes,
    object_version: head.objectVersion ?? null,
    object_sha256: head.encryption === undefined ? null : head.sha256,
    manifest_object_sha256: its.manifestObject,
    recipients: head.encryption?.recipients ?? null,
    origin: its.origin,
    created: instantMs(head.created),
    verified_at: null,
    state: 'sealed',
    state_reason: null,
    // 1: wanted. A reader who has no identity could read an index of encrypted mail.
    text_state: head.indexText === true && head.encryption === undefined ? 1 : 0,
  };
}
