import type { AccountRef } from '../domain/account.ts';
import type { Bytes, Sha256 } from '../domain/brands.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { ArchiveFilter, ArchiveRecord, AuditEntry, RunContent, RunRecord } from './records.ts';

/** A page of a long list. */
export interface PageRequest {
  /** At most this many. */
  readonly limit: number;
  /** After this many others. */
  readonly offset: number;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** How many there are in all. */
  readonly total: number;
}

export interface RunFilter {
  readonly accounts?: readonly AccountRef[];
  /** Only these results. */
  readonly results?: readonly RunResult[];
  readonly policy?: string;
  readonly result?: RunResult;
  /** Started then or later. */
  readonly from?: Date;
  /** Started then or earlier. */
  readonly to?: Date;
  /** Ended then or later, having archived or deleted something. */
  readonly actedSince?: Date;
}

export interface AuditFilter {
  readonly accounts?: readonly AccountRef[];
  readonly action?: string;
  readonly since?: Date;
}

/** What all runs of one day (UTC) archived and deleted. */
export interface DayTotals {
  readonly day: Date;
  readonly archived: { readonly messages: number; readonly bytes: number };
  readonly deleted: { readonly messages: number; readonly bytes: number };
}

/** What one policy archived and verified of an account and has not deleted yet. */
export interface PendingTotals extends AccountRef {
  readonly policy: string;
  readonly messages: number;
  readonly bytes: Bytes;
  /** When the grace of the first of it began. */
  readonly since: Date | null;
}

/** How a policy last ran, over accounts. */
export interface PolicySummary {
  readonly policy: string;
  readonly last: RunRecord | null;
  readonly succeeded: number;
}

/** The part of the catalog that the page leafs through. Errors as in `Catalog`. */
export interface BrowseRecords {
  /**
   * What the runs whose UUID starts so archived, all lines of it, and what they deleted, by the state
   * of now. Not what has expired.
   */
  runContents(prefix: string): Promise<readonly RunContent[]>;
  /** Newest first. */
  archivePage(filter: ArchiveFilter, page: PageRequest): Promise<Page<ArchiveRecord>>;
  /** Newest first. */
  runPage(filter: RunFilter, page: PageRequest): Promise<Page<RunRecord>>;
  /**
   * One manifest line as it may be shown: text is cut, lists that are too long are empty, and `cut`
   * names both, beside the headers of which the archive itself has only a part. Null: there is none.
   */
  shownLine(id: Sha256, line: number): Promise<ManifestMessage | null>;
  run(id: string): Promise<RunRecord | null>;
  /** Runs whose IDs begin with this, of these accounts (default: all), newest first, at most `limit`. */
  runsBeginning(
    start: string,
    limit: number,
    accounts?: readonly AccountRef[],
  ): Promise<readonly RunRecord[]>;
  /**
   * The newest run of each of these policies on each of these accounts, newest first; one that was
   * broken off counts too. The report is there only where the run did not succeed.
   */
  latestRuns(accounts: readonly AccountRef[], policies: readonly string[]): Promise<readonly RunRecord[]>;
  /**
   * Of each of these policies: its newest run on one of these accounts, without its report, and on how
   * many of them it ended well the last time. Costs no look at each account.
   */
  policySummaries(
    accounts: readonly AccountRef[],
    policies: readonly string[],
  ): Promise<readonly PolicySummary[]>;
  /** The newest runs, at most `limit`, with reports only where something was archived or deleted. */
  runBriefs(filter: RunFilter, limit: number): Promise<readonly RunRecord[]>;
  /** Of `latestRuns` those that did not succeed or have not ended, of all accounts and policies, also such as are not configured. */
  latestTroubles(): Promise<readonly RunRecord[]>;
  /** Newest first. */
  auditPage(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  /** Accounts with archives that are not expired, by server and name; also such as are not configured. */
  archivedAccounts(): Promise<readonly AccountRef[]>;
  /** Of all accounts at once, ordered by server, account and policy. */
  allPending(): Promise<readonly PendingTotals[]>;
  /** Days on which something was archived or deleted, oldest first. Kept when runs are forgotten. */
  days(since: Date): Promise<readonly DayTotals[]>;
}
