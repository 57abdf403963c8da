import type { AccountRef } from '../domain/account.ts';

/** How the owner of an account can log in at its mail server. */
export type OwnerWay =
  /** With a password. `place` changes when the configuration opens another mailbox under the same name. */
  | { readonly kind: 'password'; readonly place: string }
  /** Mothball signs in with a token, or with a login that is not the owner's: there is no password to check. */
  | { readonly kind: 'noPassword' };

/** `unavailable`: the server could not be asked, or takes no logins now. */
export type OwnerLogin = 'accepted' | 'refused' | 'unavailable';

/** Whether someone is the owner of a mailbox, by the word of its mail server. */
export interface OwnerLogins {
  /** Null: the account is not configured. */
  wayOf(account: AccountRef): OwnerWay | null;
  /**
   * Logs in once with the mailbox's own name, and out. Never throws, and gives back neither the password
   * nor what the server said, which may repeat it. `refused` without asking for an empty password, for one
   * with several lines, and for accounts that have none.
   */
  check(account: AccountRef, password: string): Promise<OwnerLogin>;
}
