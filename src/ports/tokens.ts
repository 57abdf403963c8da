import type { AccountRef } from '../domain/account.ts';

/** What a person must do to sign in. */
export type SignInStep =
  /** Open the address on any device and type the code. */
  | { readonly kind: 'code'; readonly url: string; readonly code: string; readonly expiresInMs: number }
  /** Open the address on this machine: the answer comes back to it. */
  | { readonly kind: 'browser'; readonly url: string };

export interface SignInOptions {
  /** How: by a code on any device, or by a browser on this machine; null: what the provider offers. */
  readonly way: 'code' | 'browser' | null;
  /** Shows the step to the person. */
  readonly show: (step: SignInStep) => void;
}

/** Access tokens of the accounts that sign in with OAuth 2. They are secrets, and only returned. */
export interface AccessTokens {
  /**
   * A token that is valid for a while yet: the one that is known, or a new one. One request at a time
   * for each credential, however many accounts ask. `refused`: the token that the mail server has just
   * refused, which is not returned again. A new refresh token is durable before this returns.
   * @throws `token` when the provider refuses, naming the setting, or, retryable, when it can't be
   * reached; `config` when a secret can't be read or a new refresh token not be kept.
   */
  token(account: AccountRef, refused?: string | null): Promise<string>;
  /**
   * Lets a person sign in, and keeps the refresh token. Returns where it is kept.
   * @throws `usage` for an account without such a sign-in; `token` when the person or provider refuses.
   */
  signIn(account: AccountRef, options: SignInOptions): Promise<string>;
}
