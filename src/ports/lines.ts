import type { Bytes, Sha256, Uid } from '../domain/brands.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { MessageQuery } from './records.ts';

/** What tells an archived message apart from others. */
export interface LineFacts {
  readonly line: number;
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly sha256: Sha256;
  readonly emailId: string | null;
}

export interface FrameLines {
  /** Index of the first of them. */
  readonly first: number;
  readonly messages: readonly ManifestMessage[];
}

/** Lines of one archive that a query finds, ascending. */
export interface FoundLines {
  readonly archive: Sha256;
  readonly lines: readonly number[];
}

/** How many messages a query finds. */
export interface FoundCount {
  readonly messages: number;
  /** There are more than that: counting them all would take too long. */
  readonly more: boolean;
}

/** The lines of manifests as the catalog has them, by index. */
export interface LineRecords {
  lines(id: Sha256): Promise<readonly ManifestMessage[]>;
  /** What tells messages apart: little of each line, ascending, some lines at a time. */
  lineFacts(id: Sha256): AsyncIterable<readonly LineFacts[]>;
  /** All lines of the frame that this one is in; null: there is no such line. */
  frameLines(id: Sha256, line: number): Promise<FrameLines | null>;
  /** What `search` finds without a limit, by archive. */
  findLines(query: MessageQuery): Promise<readonly FoundLines[]>;
  /**
   * How many `search` finds without a limit: exact up to `mostCounted`, and if not too many others have to be
   * looked at. The place in a list (`limit`, `offset`, `after`) is left out.
   */
  countFound(query: MessageQuery): Promise<FoundCount>;
}
