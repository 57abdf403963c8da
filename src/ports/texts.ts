import type { AccountRef } from '../domain/account.ts';
import type { Sha256 } from '../domain/brands.ts';
import type { MessageText } from './codec.ts';
import type { ArchiveRecord } from './records.ts';

/** What is indexed of the text of one archived message. */
export interface LineText extends MessageText {
  readonly line: number;
}

/**
 * How far the index of an archive's text is. none: its policy did not ask for one · wanted: not complete
 * yet · indexed: complete · failed: a part of its mail could not be read; only a reindex tries again.
 */
export type TextState = 'none' | 'wanted' | 'indexed' | 'failed';

/**
 * The index of what is written in archived mail. It is an extra: nothing but search looks at it, and
 * nothing is ever decided on it.
 */
export interface TextRecords {
  /** Archives of this account whose text is wanted: those that were verified and are not encrypted. */
  textWanted(account: AccountRef): Promise<readonly ArchiveRecord[]>;
  /** Null: there is no such archive. */
  textState(id: Sha256): Promise<TextState | null>;
  /** Without effect on an archive that expired or is not known. */
  setTextState(id: Sha256, state: TextState): Promise<void>;
  /** Lines whose text is not in the index, ascending. */
  linesWithoutText(id: Sha256): Promise<readonly number[]>;
  /** Lines that have their text already keep it; of an expired or unknown archive nothing is added. */
  addTexts(id: Sha256, texts: readonly LineText[]): Promise<void>;
}
