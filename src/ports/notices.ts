import type { AccountRef } from '../domain/account.ts';
import type { Uid, UidValidity } from '../domain/brands.ts';

/** sending: its APPEND was begun and is not confirmed · sent · refused: the server did not take it. */
export type NoticeState = 'sending' | 'sent' | 'refused';

/** One notice to an account's owner. */
export interface NoticeRecord extends AccountRef {
  /** UUID; it is in the message too. */
  readonly id: string;
  readonly policy: string;
  readonly at: Date;
  readonly folder: string;
  readonly state: NoticeState;
  /** Null: the server did not report it (APPENDUID, RFC 4315). */
  readonly uidValidity: UidValidity | null;
  readonly uid: Uid | null;
  /** Why it was refused. */
  readonly detail: string | null;
}

/** What became of a notice. */
export type NoticeOutcome =
  | { readonly state: 'sent'; readonly uidValidity: UidValidity | null; readonly uid: Uid | null }
  | { readonly state: 'refused'; readonly detail: string };

/** The part of the catalog that keeps notices few. Errors and durability as in `Catalog`. */
export interface NoticeRecords {
  /** Notices to the account, the newest first. */
  notices(account: AccountRef): Promise<readonly NoticeRecord[]>;
  /**
   * Records a notice as `sending`, before the first byte of it is sent. False, and nothing is
   * recorded, when the account has one from after `quietSince`, in whatever state. What is over
   * two years old is forgotten.
   */
  beginNotice(
    notice: Pick<NoticeRecord, 'server' | 'account' | 'id' | 'policy' | 'at' | 'folder'>,
    quietSince: Date,
  ): Promise<boolean>;
  settleNotice(id: string, outcome: NoticeOutcome): Promise<void>;
}
