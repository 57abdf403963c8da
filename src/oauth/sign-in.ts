import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { OAuthConfig } from '../config/oauth.ts';
import type { RefreshToken } from '../config/refresh-token.ts';
import { isError, MothballError } from '../errors.ts';
import type { SignInOptions } from '../ports/tokens.ts';
import { type ClientOptions, type OAuthClientParts, openClient } from './client.ts';
import { tokenFailure } from './failures.ts';
import { oneLine } from './grants.ts';
import { receiveRedirect } from './redirect.ts';

/** How long a person may take in the browser, in milliseconds. */
const browserMs = 15 * 60_000;

/** Lets a person sign in, keeps the refresh token, and returns where. @throws as AccessTokens.signIn. */
export async function signInWith(
  config: OAuthConfig,
  options: SignInOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const { grant } = config;
  if (grant.kind !== 'refreshToken')
    throw new MothballError(
      { fact: `grant: ${grant.kind} needs no person to sign in`, notDone: 'nothing was asked for' },
      { code: 'usage' },
    );
  // A token that could not be kept would be a sign-in for nothing.
  await checkRoom(grant.token);
  let secrets: readonly string[] = [];
  try {
    const clientOptions = { signal, skewSeconds: 0 };
    const opened = await openClient(config, clientOptions);
    secrets = opened.secrets;
    const hasCodes = opened.client.serverMetadata().device_authorization_endpoint !== undefined;
    const way = options.way ?? (hasCodes ? 'code' : 'browser');
    const answer =
      way === 'code'
        ? await byCode(config, options, clientOptions)
        : await byBrowser(config, options, opened, signal);
    await keep(grant.token, answer);
    return grant.token.origin;
  } catch (error) {
    signal.throwIfAborted();
    throw tokenFailure(config, error, secrets);
  }
}

async function checkRoom(token: RefreshToken): Promise<void> {
  await using _room = await token.room();
}

async function keep(token: RefreshToken, refreshToken: string | undefined): Promise<void> {
  if (refreshToken === undefined)
    throw new MothballError(
      {
        fact: 'the provider gave no refresh token',
        notDone: 'nothing was kept',
        remedy:
          'Add offline_access to scope, and allow refresh tokens for this client in the console of the provider',
      },
      { code: 'token' },
    );
  await token.exclusively(async () => {
    await using room = await token.room();
    await room.save(oneLine(refreshToken));
    return 'kept';
  });
}

/** RFC 8628. A request that fails while we wait is only one of many. */
async function byCode(
  config: OAuthConfig,
  { show }: SignInOptions,
  clientOptions: ClientOptions,
): Promise<string | undefined> {
  const { client } = await openClient(config, clientOptions);
  if (client.serverMetadata().device_authorization_endpoint === undefined)
    throw new MothballError(
      { fact: 'the provider offers no sign-in by a code', remedy: 'Use --browser, or set deviceUrl' },
      { code: 'usage' },
    );
  const started = await initiateDeviceAuthorization(client, { scope: config.scope });
  const expiresInMs = started.expires_in * 1000;
  show({ kind: 'code', url: shownUrl(started.verification_uri), code: started.user_code, expiresInMs });
  const { client: patient } = await openClient(config, {
    ...clientOptions,
    onNoAnswer: () => new Response(null, { status: 503, headers: { 'retry-after': '5' } }),
  });
  const late = AbortSignal.timeout(expiresInMs);
  try {
    const answer = await pollDeviceAuthorizationGrant(patient, started, undefined, {
      signal: AbortSignal.any([clientOptions.signal, late]),
    });
    return answer.refresh_token;
  } catch (error) {
    if (!late.aborted || isError(error)) throw error;
    throw new MothballError(
      { fact: 'the code was not typed in time', remedy: 'Run `mothball login ACCOUNT` again' },
      { code: 'token' },
    );
  }
}

/** RFC 8252: the browser of this machine brings the code to a port on loopback; PKCE and a state guard it. */
async function byBrowser(
  config: OAuthConfig,
  { show }: SignInOptions,
  { client }: OAuthClientParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (client.serverMetadata().authorization_endpoint === undefined)
    throw new MothballError(
      { fact: 'the provider offers no sign-in by a browser', remedy: 'Set authorizeUrl, or use --code' },
      { code: 'usage' },
    );
  const verifier = randomPKCECodeVerifier();
  const state = randomState();
  const challenge = await calculatePKCECodeChallenge(verifier);
  await using answer = await receiveRedirect(
    state,
    AbortSignal.any([signal, AbortSignal.timeout(browserMs)]),
  );
  const url = buildAuthorizationUrl(client, {
    redirect_uri: answer.address,
    scope: config.scope,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    // Google gives a refresh token only so; others ignore the first.
    ...(config.provider.kind === 'google' ? { access_type: 'offline' } : {}),
    prompt: 'consent',
  });
  show({ kind: 'browser', url: shownUrl(url.href) });
  const got = await authorizationCodeGrant(client, await answer.received, {
    pkceCodeVerifier: verifier,
    expectedState: state,
  });
  return got.refresh_token;
}

/** An address from a provider ends up on a terminal. @throws `token` for what no browser should open. */
function shownUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href;
  throw new MothballError(
    { fact: 'the provider named an address that is no web address' },
    { code: 'token' },
  );
}
