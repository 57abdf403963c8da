import type { FolderState } from '../domain/folder.ts';
import type { Totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { Reason } from '../domain/reason.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Refused } from './refusals.ts';

/** A policy that deletes. */
export type DeletingPolicy = Policy & { readonly delete: NonNullable<Policy['delete']> };

/** The account that mail is purged from, and where to report it. */
export interface PurgeRun {
  readonly work: LockedWork;
  readonly ledger: Ledger;
  /** Quota as it was when the run began, before it deleted anything; null: it could not be read. */
  readonly usageBefore: readonly QuotaRoot[] | null;
}

/** Lines of one archive whose grace has passed, with the policy as it is now. */
export interface Due {
  readonly record: ArchiveRecord;
  readonly entries: readonly DeleteEntry[];
  readonly policy: DeletingPolicy;
}

/** Lines of one archive that may be due: only numbers, as there can be very many. */
export interface DueLines {
  readonly record: ArchiveRecord;
  readonly lines: ReadonlySet<number>;
  readonly totals: Totals;
  readonly policy: DeletingPolicy;
}

/** A message that passed the recheck, with its flags as they were then. */
export interface Target {
  readonly entry: DeleteEntry;
  readonly flags: readonly string[];
}

/** At most 500 messages that passed the recheck, and their folder as the recheck selected it. */
export interface Chunk {
  readonly due: Due;
  readonly targets: readonly Target[];
  /** Its HIGHESTMODSEQ is the one that STORE is conditioned on. */
  readonly recheckedState: FolderState;
}

export interface ChunkOutcome {
  /** Confirmed gone. */
  readonly deleted: readonly DeleteEntry[];
  /** On Gmail: moved to Trash and still there, which frees nothing. */
  readonly inTrash?: readonly DeleteEntry[];
  /** Why nothing more of this archive should be tried in this run; null: continue. */
  readonly stop: Reason | null;
  /** The server refused a command with NO or BAD, and less may be asked for: see Refusals. */
  readonly refused?: Refused;
  /** True when the server did not do what it was asked: a person should know. */
  readonly fault: boolean;
}
