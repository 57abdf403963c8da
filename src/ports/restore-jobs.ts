import type { AccountRef } from '../domain/account.ts';

/** What a visitor wants back, and where. */
export interface RestoreWish {
  /** Of archives or of messages. */
  readonly ids: readonly string[];
  /** Only mail of this account may be among them; null: of any. */
  readonly owner: AccountRef | null;
  /** Null: the account that the mail came from. */
  readonly account: AccountRef | null;
  /** Null: the folder that it came from. */
  readonly folder: string | null;
  /** For the audit. */
  readonly who: string;
}

/** A restore that was begun, as it is now. */
export interface RestoreJob {
  readonly id: string;
  readonly wish: RestoreWish;
  readonly started: Date;
  readonly state: 'waiting' | 'running' | 'done' | 'partial' | 'failed';
  readonly messages: { readonly done: number; readonly total: number };
  /** What came of it; null as long as it has not ended, and where it failed. */
  readonly counts: { readonly restored: number; readonly present: number; readonly left: number } | null;
  /** Code of the error that it failed with; null where it did not, or where the error has none. */
  readonly fault: string | null;
  /** What came of it, or why it failed; a few lines at most. */
  readonly lines: readonly string[];
}

/** The restores that the page starts. A bounded number is remembered, by this process alone. */
export interface RestoreJobs {
  /** Returns at once the ID of the job. @throws `refused` while there are too many. */
  start(wish: RestoreWish): string;
  job(id: string): RestoreJob | null;
}
