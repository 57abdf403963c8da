/**
 * `ports/`: the contracts between use cases and adapters, documented here and nowhere else: what is
 * durable when a call returns, what may be repeated, which errors can pass by themselves. Adapters
 * pass the suites in test/contract. The catalog's contract is this file with the `…Records` beside it.
 * May import `domain`, and types of `format`.
 */
import type { AccountRef } from '../domain/account.ts';
import type { Bytes, Sha256, Uid, UidValidity } from '../domain/brands.ts';
import type { Reason } from '../domain/reason.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { Manifest } from '../format/manifest-types.ts';
import type { AliasRecords } from './aliases.ts';
import type { BrowseRecords } from './browse.ts';
import type { CopyRecords } from './copies.ts';
import type { EncryptionRecords } from './encrypted-records.ts';
import type { HistoryRecords } from './history.ts';
import type { LineRecords } from './lines.ts';
import type { NoticeRecords } from './notices.ts';
import type {
  ArchiveFilter,
  ArchiveOrigin,
  ArchiveRecord,
  AuditEntry,
  Batch,
  DeleteEntry,
  DeleteState,
  FolderRef,
  MessageQuery,
  MessageRow,
  QuarantinedUid,
  RestoreRecord,
  RunRecord,
  Suspicion,
} from './records.ts';
import type { RefusalRecords } from './refusals.ts';
import type { TextRecords } from './texts.ts';
import type { StoredPlanRecords } from './stored-plans.ts';
import type { WatchRecords } from './watch.ts';

/**
 * The searchable index and the durable record of every step. Each method is one transaction that
 * is on disk when it resolves (SQLite: `synchronous=FULL`). Errors: MothballError `database`; after
 * a failed COMMIT the catalog is closed and every further call throws. All but the delete states,
 * runs and audit can be rebuilt from the store.
 */
export interface Catalog
  extends
    AsyncDisposable,
    WatchRecords,
    HistoryRecords,
    BrowseRecords,
    LineRecords,
    CopyRecords,
    NoticeRecords,
    EncryptionRecords,
    RefusalRecords,
    StoredPlanRecords,
    AliasRecords,
    TextRecords {
  /** UUID by which stores know this database as the one that writes to them; null: it has none yet. */
  databaseId(): Promise<string | null>;
  /** Gives the database this UUID unless it has one. Returns the one that it has. */
  nameDatabase(id: string): Promise<string>;
  /** Marker UUID this catalog knows for a store; null: never seen. */
  storeMarker(store: string): Promise<string | null>;
  setStoreMarker(store: string, marker: string): Promise<void>;
  /** The marker that is about to be written to a store which this catalog does not know yet; null: none. */
  plannedMarker(store: string): Promise<string | null>;
  /**
   * Durable before the marker is written to the store, so that a crash in between leaves neither side a
   * stranger. Returns the marker to write: one that was planned before stays. Known is a store only
   * with `setStoreMarker`.
   */
  planMarker(store: string, marker: string): Promise<string>;

  createBatch(batch: Batch): Promise<void>;
  openBatches(account: AccountRef): Promise<readonly Batch[]>;
  /** Done, or given up: the batch is no longer open. */
  closeBatch(key: string, outcome: 'sealed' | 'abandoned', reason: string | null): Promise<void>;

  /**
   * Records a sealed archive with its lines (state `sealed`), and closes its batch in the same
   * transaction. Again with the same id: no change, but a quarantined record takes the new place
   * and starts over as sealed, and one of any origin but `found`, as any with a batch is, does so where
   * it had expired: its mail is archived again. What a reindex `found` does not bring back what expired.
   * An encrypted one comes with the SHA-256 of its manifest as stored. @throws `database` without.
   */
  addArchive(
    manifest: Manifest,
    manifestKey: string,
    batchKey: string | null,
    about?: ArchiveFacts,
  ): Promise<void>;
  /**
   * `verified` at this time; lines in delete state none become pending when `deletes`. `read` is the
   * digest of the manifest that was read back. @throws `database` when the archive is unknown or
   * expired, `changed` when the record names another manifest by now: that one was not read.
   */
  markVerified(id: Sha256, at: Date, deletes: boolean, read?: Sha256): Promise<void>;
  /** quarantined or expired; its pending lines become abandoned with the reason. `read` and errors: as above. */
  setArchiveState(id: Sha256, state: 'quarantined' | 'expired', reason: string, read?: Sha256): Promise<void>;
  /**
   * Gives an expired archive the state of this record back, because nothing of it was removed; lines
   * that were abandoned stay so. @throws `database` unless expired.
   */
  reinstate(record: Pick<ArchiveRecord, 'id' | 'state' | 'stateReason'>): Promise<void>;
  /**
   * Forgets the messages of an expired archive, for search too, all but those whose deletion has
   * begun; the record of the archive stays. Again: no change. @throws `database` unless expired.
   */
  forgetMessages(id: Sha256): Promise<void>;
  archives(filter?: ArchiveFilter): Promise<readonly ArchiveRecord[]>;
  archive(id: Sha256): Promise<ArchiveRecord | null>;

  /**
   * Lines of verified archives of this policy and store for these UIDs of this very folder, whatever
   * their delete state; but not those that were shown not to be what the server has (`copy-differs`).
   */
  copiesOf(
    policy: string,
    store: string,
    folder: FolderRef,
    uids: readonly Uid[],
  ): Promise<readonly DeleteEntry[]>;
  /**
   * Verified archives of the account with lines pending or deleting, oldest first, and archives of
   * any state with lines deleting: an open intent must be settled whatever became of the archive.
   */
  archivesToPurge(account: AccountRef): Promise<readonly ArchiveRecord[]>;
  deleteEntries(id: Sha256, states: readonly DeleteState[]): Promise<readonly DeleteEntry[]>;
  /** Of its pending entries only what says when they are due. */
  pendingLines(id: Sha256): Promise<readonly Pick<DeleteEntry, 'line' | 'size' | 'pendingSince'>[]>;
  /**
   * Moves lines to a state, in one transaction. To `pending` sets pendingSince to `at`. To
   * `deleting` is the intent of SAFETY step 10: refused (`database`) unless every line is pending
   * or deleting in a verified archive.
   */
  setDeleteState(id: Sha256, lines: readonly number[], change: DeleteChange): Promise<void>;
  /** Bytes and messages archived and verified but not deleted yet, per policy and folder. */
  pendingTotals(account: AccountRef): Promise<
    readonly {
      readonly policy: string;
      readonly folder: string;
      readonly messages: number;
      readonly bytes: Bytes;
      /** When the first grace among them began; null: only intents are open. */
      readonly since: Date | null;
    }[]
  >;

  /** `added`: how many messages of a restore are complete with these records, for the total. */
  addRestores(records: readonly RestoreRecord[], added?: number): Promise<void>;
  /** UIDs that restores added to this folder; not those of copies that were there before. */
  addedUids(account: AccountRef, folder: string, uidValidity: UidValidity): Promise<ReadonlySet<Uid>>;
  /** UIDs that restores added to this folder, or found there, since then. */
  restoredUids(
    account: AccountRef,
    folder: string,
    uidValidity: UidValidity,
    since: Date,
  ): Promise<ReadonlySet<Uid>>;
  /** UIDs in a Trash folder that a purge of this policy put there: it does not archive them again. */
  trashedUids(
    policy: string,
    account: AccountRef,
    folder: string,
    uidValidity: UidValidity,
  ): Promise<ReadonlySet<Uid>>;
  /**
   * How many copies of each SHA-256 a server altered in this very folder: they can't be found there
   * by their digest, and a repeated restore must not add them again.
   */
  alteredCopies(
    account: AccountRef,
    folder: string,
    uidValidity: UidValidity,
  ): Promise<ReadonlyMap<Sha256, number>>;
  /** What was appended to this very folder and, as far as is recorded, never compared with what was sent. */
  uncomparedCopies(
    account: AccountRef,
    folder: string,
    uidValidity: UidValidity,
  ): Promise<ReadonlyMap<Uid, Sha256>>;

  quarantineUid(entry: QuarantinedUid): Promise<void>;
  quarantinedUids(folder: FolderRef): Promise<ReadonlyMap<Uid, string>>;
  /**
   * Counts that a connection ended at this message, or that the server would not deliver it; returns how
   * often by now. Forgotten when the message is quarantined, or when quarantine is lifted.
   */
  blameUid(entry: Omit<QuarantinedUid, 'reason'>): Promise<number>;
  /** Counts that an archive of these messages did not read back as it was written. */
  suspectUids(folder: FolderRef, uids: readonly Uid[], at: Date): Promise<void>;
  suspects(folder: FolderRef): Promise<ReadonlyMap<Uid, Suspicion>>;
  /** Their archive reads back, or they are quarantined. */
  clearSuspects(folder: FolderRef, uids: readonly Uid[]): Promise<void>;
  /** All quarantined UIDs of these accounts (default: of all), by folder and UID. */
  quarantineList(accounts?: readonly AccountRef[]): Promise<readonly QuarantinedUid[]>;
  /** Those that were not quarantined stay so. */
  liftQuarantine(entries: readonly Pick<QuarantinedUid, keyof FolderRef | 'uid'>[]): Promise<void>;

  search(query: MessageQuery): Promise<readonly MessageRow[]>;

  /** What the records say about the time. */
  recordedTimes(): Promise<RecordedTimes>;
  /**
   * Moments later than now become now, for a clock that was ahead and is right again: of runs,
   * verifications, restores, graces, scans and schedules. Samples of the future are forgotten.
   */
  pullBack(now: Date): Promise<void>;
  startRun(run: RunRecord): Promise<void>;
  finishRun(id: string, finished: Date, result: RunResult, report: string): Promise<void>;
  runs(limit: number): Promise<readonly RunRecord[]>;
  addAudit(entry: AuditEntry): Promise<void>;
}

/** The newest recorded moments; null where there is none. */
export interface RecordedTimes {
  /** Of anything that was done: an archive verified, mail deleted or restored. The clock is never before it. */
  readonly acted: Date | null;
  /** Of any run that a plausible clock began, of any verification, and of a clock that a person accepted. */
  readonly seen: Date | null;
}

export interface ArchiveFacts {
  /** SHA-256 of the manifest as stored, where it is encrypted. */
  readonly manifestObject?: Sha256 | null;
  /** `manifestDigest` of the manifest, where it is known. */
  readonly manifestSha256?: Sha256 | null;
  /** Default: `found`. */
  readonly origin?: ArchiveOrigin;
}

/** What lines of an archive become, and when. */
export interface DeleteChange {
  readonly state: DeleteState;
  readonly at: Date;
  readonly reason: Reason | null;
  /** UUID of the run whose deletion this is: recorded for `runContents`. */
  readonly run?: string;
}
