import { ResponseBodyError, AuthorizationResponseError } from 'openid-client';
import type { OAuthConfig } from '../config/oauth.ts';
import { printable } from '../domain/printable.ts';
import { type Explanation, isError, MothballError } from '../errors.ts';
import { googleRemedy } from './google-errors.ts';
import { NoAnswer } from './http.ts';
import { microsoftRemedy, type Remedy } from './microsoft-errors.ts';

/** Longest piece of a provider's text that a message quotes. */
const maxText = 300;

export const providerNames = { microsoft: 'Microsoft', google: 'Google', other: 'the provider' } as const;

interface Refusal {
  readonly error: string;
  readonly description: string;
}

/** The OAuth error in a provider's answer (RFC 6749 §5.2); null: it was none. */
export function tokenRefusalIn(error: unknown): Refusal | null {
  for (const one of causes(error))
    if (one instanceof ResponseBodyError || one instanceof AuthorizationResponseError)
      return { error: one.error, description: one.error_description ?? '' };
  return null;
}

/**
 * A failed request for a token, with the setting that is missing; `secrets` are cut out of whatever
 * the provider said. Errors of ours pass through.
 */
export function tokenFailure(config: OAuthConfig, error: unknown, secrets: readonly string[]): MothballError {
  if (isError(error)) return error;
  const name = providerNames[config.provider.kind];
  for (const one of causes(error)) {
    if (one instanceof NoAnswer)
      return new MothballError(
        {
          fact: `no token from ${name}: ${one.message}`,
          remedy: 'Check the network, a firewall, or HTTPS_PROXY',
        },
        { code: 'token', retryable: true },
      );
  }
  const refusal = tokenRefusalIn(error);
  if (refusal === null)
    return new MothballError(
      {
        fact: `no token from ${name}: its answer makes no sense (${shown(lastMessage(error), secrets)})`,
        remedy: 'Check the URLs of the provider in mothball.yaml',
      },
      { code: 'token' },
    );
  const { remedy, passing } = remedyFor(config, refusal);
  const explanation: Explanation = {
    fact: `${name} gives no token (${shown(wordsOf(refusal), secrets)})`,
    remedy,
  };
  return passing === true
    ? new MothballError(explanation, { code: 'token', retryable: true })
    : new MothballError(explanation, { code: 'token' });
}

function wordsOf({ error, description }: Refusal): string {
  // What follows helps only Microsoft: IDs and the time.
  const [words = ''] = description.split(/\s*(?:\r?\n|Trace ID:)/, 1);
  return words === '' ? error : `${error}: ${words}`;
}

function remedyFor({ provider, grant }: OAuthConfig, { error, description }: Refusal): Remedy {
  const known =
    provider.kind === 'microsoft'
      ? microsoftRemedy(description)
      : provider.kind === 'google'
        ? googleRemedy(error, description)
        : null;
  if (known !== null) return known;
  switch (error) {
    case 'temporarily_unavailable':
    case 'server_error':
    case 'slow_down':
      return { remedy: 'It is tried again', passing: true };
    case 'invalid_client':
      return {
        remedy:
          'Check clientId and clientSecret, and in the console of the provider whether the client may sign in so',
      };
    case 'invalid_grant':
      return grant.kind === 'refreshToken'
        ? { remedy: 'The sign-in has expired or was revoked. Sign in again with `mothball login ACCOUNT`' }
        : { remedy: 'Check the credentials in mothball.yaml, and the clock of this machine' };
    case 'unauthorized_client':
    case 'unsupported_grant_type':
      return { remedy: `Allow the grant ${grant.kind} for this client in the console of the provider` };
    case 'invalid_scope':
      return {
        remedy: 'Correct scope in mothball.yaml, or allow it for this client in the console of the provider',
      };
    case 'access_denied':
      return {
        remedy: 'The person or an administrator refused; sign in again with `mothball login ACCOUNT`',
      };
    case 'expired_token':
      return { remedy: 'The code was not typed in time. Run `mothball login ACCOUNT` again' };
    default:
      return { remedy: 'Check auth in mothball.yaml, and the client in the console of the provider' };
  }
}

function shown(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 3) clean = clean.replaceAll(secret, '[secret]');
  return printable(clean.length > maxText ? `${clean.slice(0, maxText)}…` : clean);
}

function lastMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

function* causes(error: unknown): Generator {
  let one: unknown = error;
  for (let depth = 0; depth < 8 && one !== undefined && one !== null; depth++) {
    yield one;
    one = one instanceof Error ? one.cause : undefined;
  }
}
