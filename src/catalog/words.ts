import type { RawBuilder, SqlBool } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { PageRequest } from '../ports/browse.ts';
import type { FoundCount } from '../ports/lines.ts';
import type { Db } from './rows.ts';
import type { TextTable } from './schema-text.ts';
import type { NarrowedLines } from './newest-first.ts';
import type { TextTerm } from './search-text.ts';

/** What SQLite and PostgreSQL say differently; everything else is the same SQL. */
export interface Words {
  /** That the column is one of these, in one parameter however many there are. */
  numberIn(column: string | Column, numbers: readonly number[]): RawBuilder<SqlBool>;
  /** The numbers of a JSON list in this column, as a subquery. */
  numbersOf(column: string): RawBuilder<unknown>;
  textIn(column: string, texts: readonly string[]): RawBuilder<SqlBool>;
  /** That (server, account) in these two columns is one of these. */
  accountIn(columns: readonly [string, string], accounts: readonly AccountRef[]): RawBuilder<SqlBool>;
  /** Bytes as lower case hex digits. */
  hex(column: string): RawBuilder<string>;
  /** The numbers of a group in one text, with commas between them, in any order. */
  joined(column: string): RawBuilder<string>;
  /** That the report of a run in this column has an error with one of these codes. */
  hasError(column: string, codes: readonly string[]): RawBuilder<SqlBool>;
  /** That the text index has any of each of these lists for the line; may look there how many have. */
  textHas(db: Db, terms: readonly (readonly TextTerm[])[]): Promise<RawBuilder<SqlBool>>;
  /**
   * Numbers of those lines that have any of each of these lists and nothing that is excluded: one page of
   * them, the newest first. Without lists something is excluded.
   */
  wordPage(
    db: Db,
    narrowed: NarrowedLines,
    terms: readonly (readonly TextTerm[])[],
    part: PageRequest,
  ): Promise<readonly number[]>;
  /** How many lines have any of each of these lists, or of all lines if there are none. */
  countFound(db: Db, narrowed: NarrowedLines, terms: readonly (readonly TextTerm[])[]): Promise<FoundCount>;
  /** The column, so that no index of it is used where the database has no statistics. */
  unindexed(column: Column): Column;
  /** That the text index has none of these for the line. */
  textLacks(terms: readonly TextTerm[]): RawBuilder<SqlBool>;
  /** For FROM: every account as `pair`, each with every name as `named.value`. */
  pairs(accounts: readonly AccountRef[], names: readonly string[]): RawBuilder<unknown>;
  /** Adds the lines of an archive with their text. */
  addLines(trx: Db, place: LinesOf, messages: readonly ManifestMessage[]): Promise<void>;
  /** Adds to the text index what search knows of lines that are there. */
  addText(trx: Db, lines: readonly NumberedLine[]): Promise<void>;
  /** Names of the columns of a table. */
  columnsOf(db: Db, table: string): Promise<readonly string[]>;
  /** Bytes of the whole database. */
  sizeOf(db: Db): Promise<number>;
  /** New rows get numbers after those that were copied. */
  continueNumbers(trx: Db): Promise<void>;
  /** Adds what is written in messages, for lines that have nothing of it yet. */
  addBodies(trx: Db, rows: readonly TextTable[]): Promise<void>;
  /** Adds to the text index what is there of these. */
  indexBodies(trx: Db, rows: readonly TextTable[]): Promise<void>;
  removeBodies(trx: Db, rows: readonly TextTable[]): Promise<void>;
  /** Removes these lines of one archive with what search knows of their headers. */
  removeLines(trx: Db, lines: readonly NumberedLine[]): Promise<void>;
}

/** A column, as SQL names it. */
type Column = RawBuilder<unknown>;

/** A line with its number. */
export interface NumberedLine {
  readonly n: number;
  readonly message: ManifestMessage;
}

/** Numbers of an archive and of its folder. */
export interface LinesOf {
  readonly archive: number;
  readonly folder: number;
}
