import type { AccountRef } from '../domain/account.ts';
import type { Bytes } from '../domain/brands.ts';
import type { ArchiveFilter, ArchiveRecord, RunRecord } from './records.ts';

/** A stretch of a long list. */
export interface Stretch {
  /** At most this many. */
  readonly limit: number;
  /** After this many others. */
  readonly offset: number;
}

export interface Part<T> {
  readonly rows: readonly T[];
  /** How many there are in all. */
  readonly total: number;
}

export interface RunFilter {
  readonly accounts?: readonly AccountRef[];
  readonly policy?: string;
  readonly result?: string;
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

/** The part of the catalog that the page leafs through. Errors as in `Catalog`. */
export interface BrowseRecords {
  /** Newest first. */
  archivePart(filter: ArchiveFilter, stretch: Stretch): Promise<Part<ArchiveRecord>>;
  /** Newest first. */
  runPart(filter: RunFilter, stretch: Stretch): Promise<Part<RunRecord>>;
  run(id: string): Promise<RunRecord | null>;
  /** Accounts with archives that are not expired, by server and name; also such as are not configured. */
  archivedAccounts(): Promise<readonly AccountRef[]>;
  /** Of all accounts at once, ordered by server, account and policy. */
  allPending(): Promise<readonly PendingTotals[]>;
  /** Days on which something was archived or deleted, oldest first. Kept when runs are forgotten. */
  days(since: Date): Promise<readonly DayTotals[]>;
}
