import type { AccountRef } from '../domain/account.ts';
import type { Alias } from '../domain/alias.ts';

/** Accounts and servers that were given other names. */
export interface AliasRecords {
  /** In the order of their moments. */
  aliases(): Promise<readonly Alias[]>;
  /** Records it for archives that are added from now on. Again: no change. */
  addAlias(alias: Alias): Promise<void>;
  /** @throws `exists` when archives are recorded under both names of an account. */
  requireApart(from: Alias['from'], to: Alias['to']): Promise<void>;
  /**
   * Records it, and gives all that is recorded under the old name the new one, in one transaction. Open
   * batches are abandoned, and archives count as `found`: before a deletion the whole message is compared. @throws `exists` when archives are recorded under both names of an account.
   */
  rename(alias: Alias): Promise<void>;
  /** Today's name of an account that had this name at a moment. */
  nameToday(then: AccountRef, moment: Date): Promise<AccountRef>;
}
