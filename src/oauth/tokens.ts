/**
 * `oauth/`: signs in with OAuth 2 and gets access tokens, behind `ports/tokens.ts`. This file keeps
 * tokens until shortly before they end; `grants.ts` asks for one, `sign-in.ts` lets a person sign in,
 * `client.ts` makes the client of openid-client, `http.ts` sends its requests within bounds, and
 * `failures.ts` says which setting of which console is missing.
 * May import `openid-client` and `jose`, which only this room knows, types of `config`, `ports`,
 * `domain` and `errors.ts`.
 */
import type { AccountConfig } from '../config/config.ts';
import type { OAuthConfig } from '../config/oauth.ts';
import { type AccountRef, sameAccount } from '../domain/account.ts';
import { isError, MothballError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { AccessTokens } from '../ports/tokens.ts';
import type { Token } from './grants.ts';

export interface TokenHooks {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A token is renewed this long before its end, in milliseconds, or after nine tenths of its life if that is later. */
const earlyMs = 5 * 60_000;
/** How long a token is good if the provider does not say, in milliseconds. */
const unknownLifeMs = 5 * 60_000;
/** After a refusal nothing is asked for this long, in milliseconds: providers lock out clients that ask too often. */
const refusedMs = 60_000;

/** What is known of one credential. */
interface Held {
  token: string | null;
  /** By the monotonic clock, which no one sets. */
  goodUntil: number;
  refusal: MothballError | null;
  refusalUntil: number;
  asking: Promise<string> | null;
}

/** Tokens of the accounts that have a grant; others have none here. */
export function oauthTokens(accounts: readonly AccountConfig[], hooks: TokenHooks): AccessTokens {
  const held = new Map<string, Held>();
  const grantOf = (ref: AccountRef): OAuthConfig => {
    const account = accounts.find((entry) => sameAccount(entry, ref));
    if (account?.auth.type === 'grant') return account.auth.config;
    throw new MothballError(
      {
        fact: `${ref.server}/${ref.account} has no sign-in of its own`,
        notDone: 'nothing was asked for',
        remedy: 'It needs auth with type: oauth2 and grant: refreshToken in mothball.yaml',
      },
      { code: 'usage' },
    );
  };
  return {
    async token(ref, refused = null) {
      const config = grantOf(ref);
      const key = keyOf(config);
      const known: Held = held.get(key) ?? {
        token: null,
        goodUntil: 0,
        refusal: null,
        refusalUntil: 0,
        asking: null,
      };
      held.set(key, known);
      try {
        return await tokenFrom(known, config, hooks, refused);
      } catch (error) {
        throw isError(error) ? about(ref, error) : error;
      }
    },
    async signIn(ref, options) {
      const config = grantOf(ref);
      try {
        const { signInWith } = await import('./sign-in.ts');
        const kept = await signInWith(config, options, hooks);
        held.delete(keyOf(config));
        return kept;
      } catch (error) {
        throw isError(error) ? about(ref, error) : error;
      }
    },
  };
}

async function tokenFrom(
  known: Held,
  config: OAuthConfig,
  hooks: TokenHooks,
  refused: string | null,
): Promise<string> {
  if (known.asking !== null) return known.asking;
  const now = performance.now();
  if (known.token !== null && known.token !== refused && now < known.goodUntil) return known.token;
  if (known.refusal !== null && now < known.refusalUntil) throw known.refusal;
  known.asking = ask(known, config, hooks).finally(() => (known.asking = null));
  return known.asking;
}

async function ask(known: Held, config: OAuthConfig, hooks: TokenHooks): Promise<string> {
  const began = performance.now();
  known.token = null;
  known.refusal = null;
  try {
    // The protocol costs time and memory: only where an account needs it.
    const { requestToken } = await import('./grants.ts');
    const token = await requestToken(config, hooks);
    known.token = token.value;
    known.goodUntil = began + goodFor(token);
    return token.value;
  } catch (error) {
    if (isError(error, 'token') && !error.retryable) {
      known.refusal = error;
      known.refusalUntil = performance.now() + refusedMs;
    }
    throw error;
  }
}

function goodFor({ lifeMs }: Token): number {
  const life = lifeMs ?? unknownLifeMs;
  return Math.max(life - earlyMs, life * 0.9);
}

/** Accounts with equal keys share their tokens. */
function keyOf({ provider, clientId, grant, scope }: OAuthConfig): string {
  const { issuer, tokenUrl } = provider;
  const who =
    grant.kind === 'clientCredentials'
      ? []
      : grant.kind === 'refreshToken'
        ? [grant.token.key]
        : [grant.account.origin, grant.subject];
  return JSON.stringify([issuer, tokenUrl, clientId, scope, grant.kind, ...who]);
}

/** The same failure with the account in front: several may share it. */
function about({ server, account }: AccountRef, error: MothballError): MothballError {
  const { fact, ...rest } = error.explanation;
  const remedy = rest.remedy?.replaceAll('`mothball login ACCOUNT`', `\`mothball login ${account}\``);
  return new MothballError(
    { ...rest, fact: `${server}/${account}: ${fact}`, ...(remedy === undefined ? {} : { remedy }) },
    { code: error.code, retryable: error.retryable, cause: error },
  );
}
