import type { AccountRef } from '../domain/account.ts';
import type { Sha256 } from '../domain/brands.ts';

/** An archive that holds wanted messages. */
export interface HoldingArchive {
  readonly archive: Sha256;
  readonly folder: string;
  /** Wanted messages in it. */
  readonly messages: number;
}

export interface HeldCopies {
  /** How many copies there are of each wanted digest. Those without a copy are left out. */
  readonly copies: ReadonlyMap<Sha256, number>;
  /** Where they are, in the order in which they were archived. */
  readonly archives: readonly HoldingArchive[];
}

/** What the catalog knows of messages by their bytes. */
export interface CopyRecords {
  /**
   * Copies of messages with the wanted digests: in verified archives of this account that these policies made
   * in these stores.
   */
  copiesHeld(
    account: AccountRef,
    stores: readonly string[],
    policies: readonly string[],
    wanted: Pick<ReadonlySet<Sha256>, 'has'>,
  ): Promise<HeldCopies>;
}
