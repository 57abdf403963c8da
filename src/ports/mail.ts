import type { AccountRef } from '../domain/account.ts';
import type { Bytes, Sha256, Uid } from '../domain/brands.ts';
import type { Folder, FolderSize, FolderState, Role } from '../domain/folder.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { ChosenProfile } from '../domain/profiles.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { Traffic } from './account-pauses.ts';
import type { Permit } from './locks.ts';

/** What the server can do, read in any case, after login. */
export interface Capabilities {
  readonly uidplus: boolean;
  readonly move: boolean;
  readonly condstore: boolean;
  readonly objectId: boolean;
  readonly statusSize: boolean;
  readonly quota: boolean;
  readonly saveDate: boolean;
  /** X-GM-EXT-1: one message, many labels. */
  readonly gmail: boolean;
  readonly appendLimit: number | null;
  /** Several messages in one APPEND (RFC 3502). */
  readonly multiAppend: boolean;
}

/** What became of one body that was asked for. `data` is the sink's own: it may free it. */
export type BodyEvent =
  /** A whole message in one piece. */
  | { readonly kind: 'whole'; readonly uid: Uid; readonly data: Uint8Array }
  /** The next piece of a large message; pieces of one UID follow each other without a gap. */
  | { readonly kind: 'part'; readonly uid: Uid; readonly data: Uint8Array }
  /** The large message ended after `length` bytes. */
  | { readonly kind: 'end'; readonly uid: Uid; readonly length: number }
  /** The server refused it by itself too, or sent more than it announced; for a large one, also after some parts. */
  | { readonly kind: 'refused'; readonly uid: Uid; readonly reason: string }
  /** The server has no such message any more, or did not answer for it; for a large one, also after some parts. */
  | { readonly kind: 'missing'; readonly uid: Uid };

/** A COPYUID pair (RFC 4315). */
export interface CopyUid {
  readonly source: Uid;
  readonly target: Uid;
}

export interface MoveResult {
  /** Null without a COPYUID: nothing is confirmed. */
  readonly pairs: readonly CopyUid[] | null;
  readonly targetUidValidity: number | null;
}

/** A message for APPEND. */
export interface NewMail {
  readonly data: Uint8Array;
  readonly flags: readonly string[];
  readonly internalDate: Date | null;
}

export interface AppendResult {
  /** Null without APPENDUID (RFC 4315). */
  readonly uid: Uid | null;
  readonly uidValidity: number | null;
}

/** What `survey` looks at beside the list of folders. */
export interface SurveyWish {
  /** Whose sizes are wanted. `holdsMail` itself: of all that hold mail, which some servers answer with the list. */
  readonly sizes: (folder: Folder) => boolean;
  /**
   * `each folder`: which roots every single folder is under. `each namespace`: folders of one personal
   * namespace may be taken to share their roots, where the server's answer does not speak against it.
   */
  readonly roots: 'each folder' | 'each namespace';
  /** Whose roots are wanted; default: of all that hold mail. */
  readonly inQuota?: (folder: Folder) => boolean;
}

export interface AccountSurvey {
  /** As `folders`. */
  readonly folders: readonly Folder[];
  /** Of the folders that hold mail; null where the server has no QUOTA. */
  readonly roots: readonly QuotaRoot[] | null;
  /** By path. A folder that did not answer as it should is missing: `size` says why. */
  readonly sizes: ReadonlyMap<string, FolderSize>;
}

/** A folder to glance at. */
export interface GlanceAt {
  readonly path: string;
  /** It held nothing a moment ago, so it is not searched. */
  readonly empty: boolean;
}

/** A folder as EXAMINE and SEARCH showed it. */
export interface Glimpse {
  readonly state: FolderState;
  /** A hint, as from `search`. */
  readonly uids: readonly Uid[];
}

/** By path. */
export type Glimpses = ReadonlyMap<string, Glimpse>;

/**
 * One login to one account, as far as it only looks. One command at a time; every call has its own
 * deadline. Errors are MothballError: `connect` and `timeout` are retryable on a new session,
 * `auth`, `protocol` and `unsupported` are not. After `connect` or `timeout` the session is dead.
 */
export interface MailReader extends AsyncDisposable {
  readonly capabilities: Capabilities;
  /** What went over the connection so far. */
  readonly traffic: Traffic;
  /** What kind of server it is, and why it is taken for one. */
  readonly profile: ChosenProfile;
  /** What this server did otherwise than it should, so far. It grows; the same thing is in it once. */
  readonly oddities: readonly Oddity[];
  /** Whether the connection ended while several FETCH were on their way: the server may not bear that. */
  readonly lostTogether: boolean;
  /** From now on a FETCH is sent when the one before it is answered. */
  oneByOne(): void;
  /** Every folder the account sees, selectable or not, in the server's order. */
  folders(): Promise<readonly Folder[]>;
  /**
   * Quota roots of the given folders (GETQUOTAROOT); null where the server has no QUOTA. Where sizes are
   * summed up in its place, folders are examined, and no folder is selected afterwards.
   */
  quota(paths: readonly string[]): Promise<readonly QuotaRoot[] | null>;
  /** Messages and bytes of a folder; without STATUS=SIZE it is examined, and no folder is selected afterwards. */
  size(path: string): Promise<FolderSize>;
  /** `folders`, `quota` and `size` together, in as few round trips as the server allows; no folder is selected afterwards. */
  survey(wish: SurveyWish): Promise<AccountSurvey>;
  /**
   * EXAMINE and SEARCH of several folders in one round trip; no folder is selected afterwards. A folder
   * that did not answer both as it should is missing: it has to be looked at by itself.
   */
  glance(folders: readonly GlanceAt[], terms: readonly SearchTerm[]): Promise<Glimpses>;
  /** EXAMINE: read-only. Each call sends EXAMINE again and forgets the previous folder. */
  examine(path: string): Promise<FolderState>;
  /** UID SEARCH; terms are joined by AND. Ascending, each UID once. A hint, never a verdict. */
  search(terms: readonly SearchTerm[]): Promise<readonly Uid[]>;
  /** Compares SEARCH by date with all messages of the open folder; what differs is in `oddities`. */
  checkSearch(): Promise<void>;
  /**
   * UID FETCH of metadata for exactly these UIDs, in ranges. `headers` names header fields (any
   * case) to be fetched and decoded too. A UID that is gone yields nothing; one that the server
   * refuses, or of which it answers what can't be read, yields what is known, with null for the
   * rest. Rows for UIDs that were not asked for are ignored.
   */
  fetchMeta(uids: readonly Uid[], options?: FetchMetaOptions): AsyncIterable<MessageMeta>;
  /**
   * BODY.PEEK[] of each message, in the order given unless the server answers in another; awaits
   * the sink, so that a slow sink slows the socket. `size` (RFC822.SIZE) decides what is read in
   * pieces. Exactly one `whole`, `end`, `refused` or `missing` per UID.
   */
  fetchBodies(
    messages: Iterable<{ readonly uid: Uid; readonly size: Bytes }>,
    sink: (event: BodyEvent) => Promise<void> | void,
  ): Promise<void>;
  /** SHA-256 of BODY.PEEK[HEADER] for each UID that still exists. */
  headerDigests(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, Sha256>>;
}

/**
 * The same login where it may change mail: only work that holds the account's lock gets one. Mutating
 * calls take explicit UIDs and pass the guard of SAFETY I2.
 */
export interface MailSession extends MailReader {
  /** SELECT: read-write. @throws `unsupported` when the server answers READ-ONLY. */
  select(path: string): Promise<FolderState>;
  /**
   * UID STORE +FLAGS.SILENT (\Deleted), with UNCHANGEDSINCE when given (CONDSTORE, RFC 7162).
   * Returns the UIDs the server named in MODIFIED. An OK proves nothing: read the flags back.
   */
  markDeleted(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]>;
  /** UID STORE -FLAGS.SILENT (\Deleted): takes back a mark of ours. */
  unmarkDeleted(uids: readonly Uid[]): Promise<void>;
  /**
   * Sets and clears the fence keyword, so that a stale UNCHANGEDSINCE STORE answers MODIFIED. With
   * `unchangedSince` it is only set where nothing changed since then; returns the UIDs named in MODIFIED.
   */
  fence(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]>;
  /** UID EXPUNGE (RFC 4315). An OK proves nothing: examine afterwards. */
  expunge(uids: readonly Uid[]): Promise<void>;
  /** UID MOVE (RFC 6851). */
  move(uids: readonly Uid[], target: string): Promise<MoveResult>;
  /** UID STORE +X-GM-LABELS (Gmail): adds labels and takes none away. An OK proves nothing. */
  addLabels(uids: readonly Uid[], labels: readonly string[]): Promise<void>;
  /** APPEND with flags, keywords and INTERNALDATE. @throws `protocol` with the server's reason, `full` over quota. */
  append(
    path: string,
    message: Uint8Array,
    flags: readonly string[],
    internalDate: Date | null,
  ): Promise<AppendResult>;
  /**
   * APPEND of several messages in one command, all or none of which the server takes; one result for
   * each, in order. Errors as above. @throws `unsupported` without MULTIAPPEND (RFC 3502).
   */
  appendMany(path: string, messages: readonly NewMail[]): Promise<readonly AppendResult[]>;
  /**
   * CREATE, with parents as the server needs them; a folder that exists is fine. `use`: the SPECIAL-USE
   * of a new one, where the server takes it (RFC 6154 §3). @throws `protocol` with the server's reason.
   */
  createFolder(path: string, use?: Role | null): Promise<void>;
}

export interface FetchMetaOptions {
  readonly headers?: readonly string[];
  readonly saveDate?: boolean;
  /** Ask once more for messages that an OK left out, before they count as gone. */
  readonly complete?: boolean;
}

/** Opens sessions. `account` names an entry of mothball.yaml. Retries connects with backoff. */
export interface Mail {
  /**
   * `attempts`: how often to try to connect; default: as configured. `permit` is asked before each
   * command that changes mail.
   */
  open(account: AccountRef, attempts?: number, permit?: Permit): Promise<MailSession>;
  /**
   * A second session of an account that has one, tried once. Null: its server has no place for it now.
   * Missing: an account never gets a second one.
   */
  openBeside?(account: AccountRef, permit?: Permit): Promise<SecondSession | null>;
}

/** A second session of one account, which uses a place that another account could use. */
export interface SecondSession {
  readonly session: MailSession;
  /** Aborted when another account waits for the place: the session is to be ended soon. */
  readonly wanted: AbortSignal;
}
