import { clientCredentialsGrant, genericGrantRequest, refreshTokenGrant } from 'openid-client';
import type { OAuthConfig, OAuthGrant } from '../config/oauth.ts';
import { MothballError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { openClient } from './client.ts';
import { tokenRefusalIn, tokenFailure } from './failures.ts';
import { assertionOf } from './service-account.ts';

/** An access token and how long it is good for, from the moment of the request. */
export interface Token {
  readonly value: string;
  /** Null: the provider does not say. */
  readonly lifeMs: number | null;
}

export interface GrantTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The answer of a token endpoint, as far as it counts here. */
interface Answer {
  readonly access_token: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** A clock that differs by less is not why an assertion was refused, in milliseconds. */
const clockMatters = 30_000;

/** Asks the provider for an access token. @throws as AccessTokens.token. */
export async function requestToken(config: OAuthConfig, tools: GrantTools): Promise<Token> {
  const { grant } = config;
  switch (grant.kind) {
    case 'clientCredentials':
      return tokenOf(await byOwnName(config, tools));
    case 'refreshToken':
      return grant.token.exclusively(async () => refreshed(config, grant, tools));
    case 'serviceAccount':
      return tokenOf(await inNameOf(config, grant, tools));
  }
}

/**
 * Where the clock of this machine is wrong, a signed assertion is refused; the provider's own Date then
 * says by how much, and it is signed again with that.
 */
async function withSkew(
  tools: GrantTools,
  request: (skewMs: number, dated: (date: Date) => void) => Promise<Answer>,
): Promise<Answer> {
  let skewMs = 0;
  const dated = (date: Date): void => {
    skewMs = date.getTime() - tools.clock.now().getTime();
  };
  try {
    return await request(0, dated);
  } catch (error) {
    if (Math.abs(skewMs) < clockMatters || tokenRefusalIn(error) === null) throw error;
    return request(skewMs, () => undefined);
  }
}

async function byOwnName(config: OAuthConfig, tools: GrantTools): Promise<Answer> {
  let secrets: readonly string[] = [];
  try {
    return await withSkew(tools, async (skewMs, dated) => {
      const opened = await openClient(config, { ...tools, skewSeconds: Math.round(skewMs / 1000), dated });
      secrets = opened.secrets;
      return clientCredentialsGrant(opened.client, scopeOf(config));
    });
  } catch (error) {
    throw tokenFailure(config, error, secrets);
  }
}

async function inNameOf(
  config: OAuthConfig,
  { account, subject }: Extract<OAuthGrant, { kind: 'serviceAccount' }>,
  tools: GrantTools,
): Promise<Answer> {
  let secrets: readonly string[] = [];
  try {
    return await withSkew(tools, async (skewMs, dated) => {
      const assertion = await assertionOf({
        account,
        subject,
        scope: config.scope,
        audience: config.provider.tokenUrl ?? '',
        now: new Date(tools.clock.now().getTime() + skewMs),
      });
      const opened = await openClient(config, { ...tools, skewSeconds: 0, dated });
      secrets = [...opened.secrets, assertion];
      return genericGrantRequest(opened.client, jwtBearer, { assertion });
    });
  } catch (error) {
    throw tokenFailure(config, error, secrets);
  }
}

/**
 * A new refresh token may make the old one void: room for it is made before the request, and it is
 * durable before the access token is used.
 */
async function refreshed(
  config: OAuthConfig,
  { token }: Extract<OAuthGrant, { kind: 'refreshToken' }>,
  tools: GrantTools,
): Promise<Token> {
  const old = await token.read();
  // Google keeps the token: there its file may be read-only, such as a secret of Kubernetes.
  const keeps = config.provider.kind === 'google';
  await using room = keeps ? null : await token.room();
  let secrets: readonly string[] = [old];
  let answer: Answer;
  tools.signal.throwIfAborted();
  try {
    // Its answer is waited for also while the program stops: the old token may be void from now on.
    const opened = await openClient(config, { signal: new AbortController().signal, skewSeconds: 0 });
    secrets = [...opened.secrets, old];
    answer = await refreshTokenGrant(opened.client, old, scopeOf(config));
  } catch (error) {
    throw tokenFailure(config, error, secrets);
  }
  const next = answer.refresh_token;
  if (next !== undefined && next !== old) {
    await using late = room === null ? await token.room() : null;
    await (room ?? late)?.save(oneLine(next));
  }
  return tokenOf(answer);
}

function scopeOf({ scope }: OAuthConfig): Record<string, string> {
  return scope === '' ? {} : { scope };
}

/** A token of several lines could not be read back. @throws `token`. */
export function oneLine(token: string): string {
  // eslint-disable-next-line no-control-regex
  if (token !== '' && !/[\u0000-\u001f\u007f]/.test(token)) return token;
  throw new MothballError({ fact: 'the provider gave a token with control characters' }, { code: 'token' });
}

function tokenOf({ access_token: value, expires_in: seconds }: Answer): Token {
  const life = seconds === undefined || !(seconds > 0) ? null : seconds * 1000;
  return { value: oneLine(value), lifeMs: life };
}
