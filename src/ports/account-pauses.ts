import type { AccountRef } from '../domain/account.ts';
import type { ThrottleKind } from '../domain/throttle.ts';

/** An account that its server wants to be left alone, as the catalog remembers it. */
export interface AccountPause extends AccountRef {
  readonly kind: ThrottleKind;
  /** The server's words, or what was reached. */
  readonly words: string;
  /** When it was refused first, without a success since. */
  readonly since: Date;
  /** How often by now. */
  readonly times: number;
  /** Before this nothing is asked of it. */
  readonly until: Date;
}

/** What went over an account's connections. */
export interface Traffic {
  readonly bytes: number;
  readonly commands: number;
}

/** Paused accounts, and what they used. */
export interface AccountPauseRecords {
  /** Of all accounts, those too whose pause is over and that were not asked since; by server and account. */
  accountPauses(): Promise<readonly AccountPause[]>;
  accountPause(account: AccountRef): Promise<AccountPause | null>;
  /** Takes the place of what was remembered of this account. */
  pauseAccount(pause: AccountPause): Promise<void>;
  /** The account could be used again. */
  forgetPause(account: AccountRef): Promise<void>;
  /** Adds to what the account used in the hour of `at`; hours that ended two days before are forgotten. */
  addTraffic(account: AccountRef, traffic: Traffic, at: Date): Promise<void>;
  /** What it used in each hour since then, oldest first; the hour begins at `at`. */
  traffic(account: AccountRef, since: Date): Promise<readonly (Traffic & { readonly at: Date })[]>;
}
