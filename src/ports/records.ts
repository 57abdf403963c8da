import type { AccountRef } from '../domain/account.ts';
import type { Bytes, Sha256, Uid, UidValidity } from '../domain/brands.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import type { Reason } from '../domain/reason.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { Spelling } from '../domain/server-path.ts';

/** (server, account, folder) with the folder's identity: what a UID means anything in (SAFETY I4). */
export interface FolderRef extends AccountRef {
  readonly folder: string;
  readonly uidValidity: UidValidity;
  readonly mailboxId: string | null;
}

/** Durable before the first fetch of an archive (SAFETY step 3). A resume uses it, never a new selection. */
export interface Batch extends FolderRef {
  /** UUID. */
  readonly key: string;
  readonly run: string;
  readonly created: Date;
  readonly roles: readonly string[];
  /** How the server spells the folder's path; null: not known. */
  readonly spelling: Spelling | null;
  readonly policy: string;
  readonly policyHash: string;
  readonly store: string;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  /** Whether the policy deletes: then its verified messages become pending. */
  readonly deletes: boolean;
  readonly uids: readonly Uid[];
}

/**
 * How an archive came into this catalog. `sealed`: this catalog recorded its messages as the server
 * delivered them and saw object and manifest being written. `adopted`: an object or manifest that
 * was there already was taken over. `imported`: made of mail files. `found`: by a reindex. All but
 * `sealed` prove nothing of the mail on a server by themselves (SAFETY I9).
 */
export type ArchiveOrigin = 'sealed' | 'adopted' | 'imported' | 'found';

export type ArchiveState = 'sealed' | 'verified' | 'quarantined' | 'expired';

/** What shows, without an identity, whether the files of an encrypted archive are what was written. */
export interface ArchiveEncryption {
  /** Fingerprint of the recipients it is encrypted to. */
  readonly recipients: Sha256;
  /** Of object and manifest as stored. */
  readonly objectSha256: Sha256;
  readonly manifestObjectSha256: Sha256;
}

export interface ArchiveRecord extends FolderRef {
  readonly id: Sha256;
  readonly store: string;
  /** Key of the object, and of its manifest, in the store. */
  readonly key: string;
  readonly manifestKey: string;
  /** Version of the object, where the store keeps versions. */
  readonly objectVersion: string | null;
  /** Null: stored in the clear. */
  readonly encryption: ArchiveEncryption | null;
  /** `manifestDigest` of the manifest as it was recorded. */
  readonly manifestSha256: Sha256;
  /** Special uses of the folder; null: an old record, only the manifest has them. */
  readonly roles: readonly string[] | null;
  /** As in the batch; null: the manifest does not have it. */
  readonly spelling: Spelling | null;
  readonly policy: string;
  readonly policyHash: string;
  readonly run: string;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  readonly messages: number;
  /** Raw bytes of the messages, and bytes of the object. */
  readonly bytes: Bytes;
  readonly storedBytes: Bytes;
  readonly origin: ArchiveOrigin;
  readonly created: Date;
  readonly verifiedAt: Date | null;
  readonly state: ArchiveState;
  readonly stateReason: string | null;
}

/**
 * How far one archived message is in the delete half.
 * none: its policy does not delete · pending: waits for its grace · deleting: an intent is open ·
 * deleted: confirmed gone by us · gone: somebody else removed it · abandoned: kept, with a reason.
 */
export type DeleteState = 'none' | 'pending' | 'deleting' | 'deleted' | 'gone' | 'abandoned';

/** One archived message with its place in the delete half. */
export interface DeleteEntry {
  readonly archive: Sha256;
  /** Index of the message in the manifest, from 0. */
  readonly line: number;
  readonly uid: Uid;
  readonly sha256: Sha256;
  readonly headerSha256: Sha256;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  /** Labels of Gmail when it was archived; none elsewhere. */
  readonly labels?: readonly string[];
  readonly sizeMismatch: boolean;
  readonly state: DeleteState;
  /** When its grace began. */
  readonly pendingSince: Date | null;
  /** Why it was kept, or what became of it, when that was last decided. */
  readonly reason: Reason | null;
}

export interface MessageRow extends AccountRef {
  /** `<archive id>/<line>`, line from 0. */
  readonly id: string;
  readonly archive: Sha256;
  readonly line: number;
  /** See MessagePlace. */
  readonly n: number;
  readonly folder: string;
  readonly uid: Uid;
  readonly sha256: Sha256;
  readonly internalDate: Date;
  /** From the Date header; null when it had none. */
  readonly date: Date | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly bytes: Bytes;
  readonly flags: readonly string[];
  /** Fields of this row that are too long to be shown in full. */
  readonly cut: readonly string[];
}

/** The conditions on words. */
type TextQuery = Pick<MessageQuery, 'words' | 'from' | 'to' | 'subject' | 'body' | 'attachment'>;

/** All given conditions must hold. Words are matched by prefix, any case and accent. */
export interface MessageQuery {
  readonly words?: readonly string[];
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly subject?: readonly string[];
  /** Words of the text, and of the names of attachments, where they are indexed. */
  readonly body?: readonly string[];
  readonly attachment?: readonly string[];
  /** Whether it has an attachment; finds only mail whose text is indexed. */
  readonly attached?: boolean;
  /** Messages that match any of these are left out. */
  readonly without?: TextQuery;
  /** Of each list, one at least must hold. */
  readonly either?: readonly (readonly TextQuery[])[];
  readonly messageId?: string;
  /** Account globs are resolved by the caller. */
  readonly accounts?: readonly AccountRef[];
  readonly folder?: string;
  /** None of these folders. */
  readonly notFolders?: readonly string[];
  readonly since?: Date;
  readonly before?: Date;
  readonly larger?: Bytes;
  readonly smaller?: Bytes;
  readonly archive?: Sha256;
  /** Default: no end. The more messages, the less of each text is found. */
  readonly limit?: number;
  /** Leaves out this many of the newest. Only with a limit. */
  readonly offset?: number;
  /** Only what comes after this message: a page far from the first is found as soon as the first. */
  readonly after?: MessagePlace;
}

/** Where a message stands: its Date header, else when it arrived, and its number in the database. */
export interface MessagePlace {
  readonly date: Date;
  readonly n: number;
}

export interface ArchiveFilter {
  readonly accounts?: readonly AccountRef[];
  readonly store?: string;
  readonly policy?: string;
  readonly states?: readonly ArchiveState[];
  /** Ids starting with this. */
  readonly idPrefix?: string;
  /** Created then or earlier. */
  readonly createdUntil?: Date;
}

export interface RunRecord extends AccountRef {
  readonly id: string;
  readonly policy: string;
  readonly started: Date;
  readonly finished: Date | null;
  /** Null while it runs. */
  readonly result: RunResult | null;
  /** JSON of the run's report, as `run --json` shows it. */
  readonly report: string | null;
}

/** Lines of an archive that a run archived or deleted. */
export interface RunContent {
  /** Its UUID. */
  readonly run: string;
  readonly archive: Sha256;
  readonly lines: readonly number[];
}

/**
 * A message that a restore put on the server (`appended` until it was compared, then `restored`), or
 * that the server refused or altered; or the copy that a purge moved to Trash (`trashed`), with the
 * policy's name as its detail.
 */
export interface RestoreRecord extends AccountRef {
  readonly folder: string;
  readonly uidValidity: UidValidity | null;
  readonly uid: Uid | null;
  readonly sha256: Sha256;
  readonly outcome: 'restored' | 'refused' | 'altered' | 'trashed' | 'appended';
  readonly detail: string | null;
  readonly at: Date;
}

/** A UID that is not archived and never deleted, with the reason (SAFETY step 4). */
export interface QuarantinedUid extends FolderRef {
  readonly uid: Uid;
  readonly reason: string;
  readonly at: Date;
}

/** The detail of a restore that found a copy and made none. */
export const copyWasThere = 'was there';

/** How often archives of a message did not read back as they were written, and since when. */
export interface Suspicion {
  readonly times: number;
  readonly since: Date;
}

/** The action of the audit entry that says that a person vouched for the clock. */
export const acceptClockAction = 'accept-clock';

export interface AuditEntry {
  readonly at: Date;
  readonly who: string;
  readonly action: string;
  readonly account: string | null;
  readonly detail: string;
}
