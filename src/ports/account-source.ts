import type { AccountList, SourceRow } from '../domain/account-list.ts';

/** Where accounts are listed. */
export interface ListSource {
  readonly name: string;
  /** Every row of the source. @throws {MothballError} it could not be read */
  rows(signal: AbortSignal): Promise<readonly SourceRow[]>;
}

/** The last list of a source that was taken. */
export interface StoredList extends AccountList {
  readonly at: Date;
  /** Why the newest list was not taken; null: this is the newest. */
  readonly refused: string | null;
}

/** The last list of each source, kept over restarts. */
export interface AccountLists {
  /** Null: the source has not been read yet. */
  read(source: string): Promise<StoredList | null>;
  /** Replaces the list, whole or not at all. */
  write(source: string, list: StoredList): Promise<void>;
}
