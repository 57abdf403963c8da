import type { Generated } from 'kysely';
import type { DeleteState } from '../ports/records.ts';
import type { EncryptedObjectTable, ReadableTable } from './schema-encryption.ts';
import type {
  KnownPolicyTable,
  RunOutcomeTable,
  RunTotalTable,
  TotalTable,
  VerificationTotalTable,
} from './schema-history.ts';
import type { AliasTable, PurgedLinesTable } from './schema-moves.ts';
import type { LineTextTable, TextIndexTable, TextTable } from './schema-text.ts';
import type {
  AccountPauseTable,
  AccountTrafficTable,
  BlameTable,
  FolderRefusalTable,
  NoticeTable,
  SuspectTable,
} from './schema-trouble.ts';
import type {
  DaemonTable,
  DoneTable,
  FolderSampleTable,
  LeaseTable,
  PauseTable,
  RunLineTable,
  SampleTable,
  ScanTable,
  ScheduleTable,
  StoredPlanTable,
} from './schema-watch.ts';

/** The tables as the newest migration leaves them. Instants are integer milliseconds UTC. */
export interface Schema {
  readonly identity: IdentityTable;
  readonly stores: StoreTable;
  readonly folders: FolderTable;
  readonly batches: BatchTable;
  readonly archives: ArchiveTable;
  readonly lines: LineTable;
  readonly lines_text: LineTextTable;
  readonly texts: TextTable;
  readonly texts_index: TextIndexTable;
  readonly purged_lines: PurgedLinesTable;
  readonly aliases: AliasTable;
  readonly restores: RestoreTable;
  readonly quarantine: QuarantineTable;
  readonly blames: BlameTable;
  readonly suspects: SuspectTable;
  readonly folder_refusals: FolderRefusalTable;
  readonly account_pauses: AccountPauseTable;
  readonly account_traffic: AccountTrafficTable;
  readonly runs: RunTable;
  readonly audit: AuditTable;
  readonly pause: PauseTable;
  readonly schedules: ScheduleTable;
  readonly done: DoneTable;
  readonly run_lines: RunLineTable;
  readonly scans: ScanTable;
  readonly samples: SampleTable;
  readonly newest_samples: SampleTable;
  readonly folder_samples: FolderSampleTable;
  readonly daemons: DaemonTable;
  readonly stored_plans: StoredPlanTable;
  readonly leases: LeaseTable;
  readonly known_policies: KnownPolicyTable;
  readonly run_outcomes: RunOutcomeTable;
  readonly run_totals: RunTotalTable;
  readonly verification_totals: VerificationTotalTable;
  readonly totals: TotalTable;
  readonly notices: NoticeTable;
  readonly encrypted_objects: EncryptedObjectTable;
  readonly readable: ReadableTable;
}

/**
 * Delete states as they are stored: small numbers keep millions of lines short. The order is part
 * of the schema (a partial index names 1 and 2): append only.
 */
export const deleteStates: readonly DeleteState[] = [
  'none',
  'pending',
  'deleting',
  'deleted',
  'gone',
  'abandoned',
];

/** One row at most. */
export interface IdentityTable {
  one: number;
  id: string;
}

export interface StoreTable {
  name: string;
  marker: string;
  planned: Generated<number>;
}

/** A folder with its identity (SAFETY I4), named by number in other tables. */
export interface FolderTable {
  id: Generated<number>;
  server: string;
  account: string;
  folder: string;
  uid_validity: number;
  mailbox_id: string | null;
}

export interface BatchTable {
  key: string;
  folder_id: number;
  run: string;
  created: number;
  /** JSON list. */
  roles: string;
  delimiter: string | null;
  /** Null: neither prefix nor delimiter is known. */
  prefix: string | null;
  policy: string;
  policy_hash: string;
  store: string;
  format: string;
  compression: string;
  deletes: number;
  /** JSON list; emptied when the batch is closed. */
  uids: string;
  state: 'open' | 'sealed' | 'abandoned';
  reason: string | null;
}

export interface ArchiveTable {
  n: Generated<number>;
  /** SHA-256 in hex, so that ids can be found by prefix. */
  id: string;
  folder_id: number;
  store: string;
  key: string;
  manifest_key: string;
  manifest_sha256: string;
  policy: string;
  policy_hash: string;
  run: string;
  format: string;
  compression: string;
  messages: number;
  bytes: number;
  stored_bytes: number;
  object_version: string | null;
  /** JSON list; null where only the manifest has it. */
  roles: string | null;
  /** As in `batches`. */
  delimiter: string | null;
  prefix: string | null;
  /** The next three are null where the archive is not encrypted. */
  object_sha256: string | null;
  manifest_object_sha256: string | null;
  recipients: string | null;
  origin: string;
  created: number;
  verified_at: number | null;
  state: string;
  state_reason: string | null;
  /** See `texts.ts`. */
  text_state: Generated<number>;
}

/** One manifest line. `n` is also its row in `lines_text`. */
export interface LineTable {
  n: Generated<number>;
  archive_n: number;
  line: number;
  folder_id: number;
  uid: number;
  sha256: Uint8Array;
  header_sha256: Uint8Array;
  size: number;
  internal_date: number;
  date: number | null;
  /** JSON list. */
  flags: string;
  email_id: string | null;
  /** JSON list; null when empty. */
  labels: string | null;
  message_id: string | null;
  sender: string | null;
  recipients: string | null;
  subject: string | null;
  crlf: number;
  added_newline: number;
  size_mismatch: number;
  frame_offset: number;
  frame_length: number;
  stored_offset: number;
  stored_length: number;
  /** JSON object; null when empty. */
  headers: string | null;
  /** JSON list; null when empty. */
  cut: string | null;
  /** Index into `deleteStates`. */
  state: Generated<number>;
  pending_since: number | null;
  reason: string | null;
}

export interface RestoreTable {
  server: string;
  account: string;
  folder: string;
  uid_validity: number | null;
  uid: number | null;
  sha256: Uint8Array;
  outcome: 'restored' | 'refused' | 'altered' | 'trashed' | 'appended';
  detail: string | null;
  at: number;
}

export interface QuarantineTable {
  folder_id: number;
  uid: number;
  reason: string;
  at: number;
}

export interface RunTable {
  id: string;
  server: string;
  account: string;
  policy: string;
  started: number;
  finished: number | null;
  result: string | null;
  report: string | null;
  /** 1: it archived or deleted something. */
  acted: Generated<number>;
}

export interface AuditTable {
  at: number;
  who: string;
  action: string;
  account: string | null;
  detail: string;
}
