import type { AccountRef } from '../domain/account.ts';
import type { Bytes } from '../domain/brands.ts';

/** The kill switch: nothing is archived or deleted by any process while it is there. */
export interface Pause {
  readonly since: Date;
  /** The login that paused. */
  readonly who: string;
  readonly reason: string | null;
}

/** One reading of one quota root. Null: not reported, or no limit. */
export interface QuotaSample extends AccountRef {
  readonly root: string;
  readonly at: Date;
  readonly usedBytes: Bytes | null;
  readonly limitBytes: Bytes | null;
  readonly usedMessages: number | null;
  readonly limitMessages: number | null;
}

/** What a folder held when it was last measured. */
export interface FolderSample extends AccountRef {
  readonly path: string;
  readonly at: Date;
  readonly messages: number;
  readonly bytes: Bytes;
}

/** How the last attempt to read an account went. `error` null: well. */
export interface ScanRecord extends AccountRef {
  readonly at: Date;
  readonly error: string | null;
}

/** A schedule, and since when it has been as it is. */
export interface KnownSchedule {
  /** `policy NAME`, `scan`, `scan folders`, `expire`, `scrub`, `plan`, `report`. */
  readonly name: string;
  readonly expression: string;
  readonly timezone: string;
}

/** One line that a run logged. */
export interface RunLine {
  readonly at: Date;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** What a daemon reports of itself, so that others can see it at work. */
export interface DaemonRecord {
  /** UUID of the process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly started: Date;
  /** When it last said that it lives. */
  readonly seen: Date;
  /** JSON of what it is doing. */
  readonly state: string;
}

/** What is forgotten, and until when it was made. */
export interface PruneLimits {
  readonly closedBatches: Date;
  /** Runs of processes that died; their lines go with the others. */
  readonly unfinishedRuns: Date;
  readonly restores: Date;
  readonly audit: Date;
}

/** The part of the catalog that the daemon lives on. Errors and durability as in `Catalog`. */
export interface WatchRecords {
  /** Null: not paused. */
  paused(): Promise<Pause | null>;
  /** Pausing again keeps the first entry. */
  pause(entry: Pause): Promise<void>;
  /** Ends the pause and returns it; null when there was none. */
  resume(): Promise<Pause | null>;

  /**
   * Since when each of these schedules is known as it is now: a new or changed one, since `now`.
   * Keyed by name. Those that are no longer there are forgotten.
   */
  knowSchedules(schedules: readonly KnownSchedule[], now: Date): Promise<ReadonlyMap<string, Date>>;
  /** When a job that is not an account's run (`scan`, `expire`, `scrub`) was last done. */
  lastDone(job: string): Promise<Date | null>;
  setDone(job: string, at: Date): Promise<void>;
  /**
   * When each policy last ran on the account: the start of its latest run that was not broken off
   * (interrupted, or never finished) or stopped by a fault that may pass: those are still due.
   */
  lastRuns(account: AccountRef): Promise<ReadonlyMap<string, Date>>;
  /** What a job logged; `run` is the first part of the IDs of its runs. */
  addRunLines(run: string, account: AccountRef, lines: readonly RunLine[]): Promise<void>;
  runLines(run: string, account: AccountRef): Promise<readonly RunLine[]>;
  /** Forgets what happened before these instants; open batches and the rest of the catalog stay. */
  prune(before: PruneLimits): Promise<void>;
  /** Accounts with lines in state deleting: a deletion was begun and not settled. */
  accountsWithIntents(): Promise<readonly AccountRef[]>;
  /** Forgets runs that ended before this, with their lines; the latest of each policy and account stays. */
  pruneRuns(before: Date): Promise<void>;

  /** Records what a scan found; `folders` null leaves the recorded folder sizes alone. */
  addScan(
    scan: ScanRecord,
    roots: readonly QuotaSample[],
    folders: readonly FolderSample[] | null,
  ): Promise<void>;
  /** Samples since then, oldest first. */
  samples(account: AccountRef, since: Date): Promise<readonly QuotaSample[]>;
  /** The newest sample of each quota root of every account. */
  newestSamples(): Promise<readonly QuotaSample[]>;
  folderSamples(account: AccountRef): Promise<readonly FolderSample[]>;
  scans(): Promise<readonly ScanRecord[]>;
  /** Thins samples: older than two days one per hour is kept, older than 30 days one per day, older than two years none. */
  thinSamples(now: Date): Promise<void>;

  /** Says that this daemon lives; daemons silent for an hour are forgotten. */
  heartbeat(daemon: DaemonRecord): Promise<void>;
  daemonGone(id: string): Promise<void>;
  daemons(): Promise<readonly DaemonRecord[]>;

  /** Bytes of the whole database, with what belongs to it beside the catalog. */
  databaseBytes(): Promise<number>;
}
