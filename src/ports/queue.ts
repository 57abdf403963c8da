import type { AccountRef } from '../domain/account.ts';

/** Work on one account. */
export interface Job {
  /** Two jobs of one key never run at once; one that waits already counts for a second. */
  readonly key: string;
  /** The server whose connection budget it uses: one connection. */
  readonly server: string;
  /** Must not throw. */
  run(): Promise<void>;
}

export interface QueueStats {
  readonly running: number;
  readonly waiting: number;
}

/** Runs jobs, no key twice at once, no server with more jobs than its budget. */
export interface Queue {
  /** False: a job of this key waits already, and will do. One that runs does not count. */
  add(job: Job): boolean;
  /** Jobs running and waiting, per server. */
  stats(): ReadonlyMap<string, QueueStats>;
  /** Changes how many jobs of a server may run at once. */
  limit(server: string, jobs: number): void;
  /** Drops what waits; resolves when what runs has ended. */
  drain(): Promise<void>;
}

/** What a replica is given with an account. */
export interface GivenJob {
  /** Aborted when the account was given to another replica, because this one was silent. */
  readonly given: AbortSignal;
  /** How often it was put off before. */
  readonly tries: number;
}

/** Accounts that are to be looked after, shared by all replicas: each is with one of them at a time. */
export interface SharedRuns extends AsyncDisposable {
  /** Which servers there are from now on, and how many of its accounts all replicas have in hand at once. */
  servers(limits: ReadonlyMap<string, number>): Promise<void>;
  /**
   * Of these servers. Again while it waits or runs: nothing happens. `tries`: how often it was put off;
   * default 0. A job that waits keeps the larger number. False: a replica has one of them, so that its
   * number of tries is not stored.
   */
  add(accounts: readonly AccountRef[], tries?: number): Promise<boolean>;
  /** From now on this replica takes its share. A job that throws is tried again, by any replica. */
  serve(run: (account: AccountRef, job: GivenJob) => Promise<void>): Promise<void>;
  /** Accounts that wait for a replica. */
  waiting(): Promise<number>;
  /** Takes no more; resolves when what runs here has ended. */
  stop(): Promise<void>;
}
