import type { AccountRef } from '../domain/account.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { ArchiveState } from './records.ts';

/** How the last run of a policy on one account ended. Interrupted runs are skipped. */
export interface RunOutcome extends AccountRef {
  readonly policy: string;
  /** It had errors. */
  readonly failed: boolean;
  /** Names of the limits that stopped it. */
  readonly limits: readonly string[];
  /** End of the last run without errors and limits; null when there was none. */
  readonly succeeded: Date | null;
}

/** What all finished runs of a policy with one result came to, however old they are. */
export interface RunTotals {
  readonly policy: string;
  readonly result: RunResult;
  readonly runs: number;
  readonly archived: { readonly messages: number; readonly bytes: number };
  readonly deleted: { readonly messages: number; readonly bytes: number };
}

/** How often archives of a store were read back and compared. */
export interface VerificationTotals {
  readonly store: string;
  readonly ok: number;
  readonly failed: number;
}

/** The archives of a store in one state, with their bytes as stored. */
export interface ArchiveCount {
  readonly store: string;
  readonly state: ArchiveState;
  readonly archives: number;
  readonly bytes: number;
}

/** What the catalog knows of one store. Expired archives do not count. */
export interface StoreFigures {
  readonly store: string;
  readonly archives: number;
  readonly messages: number;
  /** Of the mail, and as stored: without manifests and receipts. */
  readonly bytes: number;
  readonly storedBytes: number;
  /** Archives made since the given time. */
  readonly grown: { readonly archives: number; readonly storedBytes: number };
  /** Archives that were never read back, and when the oldest of them was made. */
  readonly unverified: number;
  readonly oldestUnverified: Date | null;
  /** When the verified archive that was not read for longest was last read. */
  readonly longestUnread: Date | null;
  readonly quarantined: number;
}

/** What happened so far, however old. */
export interface EventTotals {
  /** Messages that restores added to mail servers. */
  readonly restored: number;
  /** Archives that expired, by store. */
  readonly expired: ReadonlyMap<string, number>;
}

/** The part of the catalog that metrics come back from. It outlives the records of single runs. */
export interface HistoryRecords {
  /** When the catalog first heard of each policy; new ones are recorded as of `now`. */
  knowPolicies(names: readonly string[], now: Date): Promise<ReadonlyMap<string, Date>>;
  /** The same without recording anything; unknown ones are left out. */
  knownPolicies(): Promise<ReadonlyMap<string, Date>>;
  runOutcomes(): Promise<readonly RunOutcome[]>;
  runTotals(): Promise<readonly RunTotals[]>;
  /** Every `markVerified` counts as ok, every quarantine of an archive as failed. */
  verificationTotals(): Promise<readonly VerificationTotals[]>;
  /** Messages pending or deleting, by policy; policies without any are left out. */
  pendingByPolicy(): Promise<ReadonlyMap<string, number>>;
  /** States without archives are left out. */
  archiveCounts(): Promise<readonly ArchiveCount[]>;
  /** By store; stores without archives are left out. */
  storeFigures(since: Date): Promise<readonly StoreFigures[]>;
  /** Quarantined messages by server; servers without any are left out. */
  quarantinedByServer(): Promise<ReadonlyMap<string, number>>;
  eventTotals(): Promise<EventTotals>;
}
