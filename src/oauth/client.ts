import { readFile } from 'node:fs/promises';
import { X509Certificate, createHash } from 'node:crypto';
import { type CryptoKey, importPKCS8 } from 'jose';
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type ClientMetadata,
  clockSkew,
  clockTolerance,
  Configuration,
  customFetch,
  discovery,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  type ServerMetadata,
} from 'openid-client';
import type { OAuthClient, OAuthConfig, OAuthProvider } from '../config/oauth.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { boundedFetch, NoAnswer } from './http.ts';

/** One request to a provider may take this long, in milliseconds. */
const limitMs = 30_000;
/** What the clocks of two machines may differ by, in seconds. */
const toleranceSeconds = 300;

export interface ClientOptions {
  readonly signal: AbortSignal;
  /** Seconds to add to the clock of this machine. */
  readonly skewSeconds: number;
  /** Called with the Date header of an answer (RFC 9110 §6.6.1). */
  readonly dated?: (date: Date) => void;
  /** Answers in place of a request that failed; null: it fails. */
  readonly onNoAnswer?: () => Response;
}

/** A client of openid-client, and the secrets in it that no message may show. */
export interface OAuthClientParts {
  readonly client: Configuration;
  readonly secrets: readonly string[];
}

/**
 * The client for one request. Secrets are read now: they may have been renewed. @throws `config`, or
 * what the discovery of the provider's metadata throws.
 */
export async function openClient(config: OAuthConfig, options: ClientOptions): Promise<OAuthClientParts> {
  const { clientId } = config;
  const { authentication, secrets } = await authenticationOf(config.client, config.provider.tokenUrl);
  const metadata: Partial<ClientMetadata> = {
    [clockSkew]: options.skewSeconds,
    [clockTolerance]: toleranceSeconds,
  };
  const server = await serverOf(config.provider, options);
  const client = new Configuration(
    server,
    clientId === '' ? 'service-account' : clientId,
    metadata,
    authentication,
  );
  client[customFetch] = fetchWith(options);
  // Only loopback gets through without HTTPS: the schema and boundedFetch refuse all else.
  allowInsecureRequests(client);
  return { client, secrets };
}

type Fetch = (url: string, request: Parameters<typeof boundedFetch>[1]) => Promise<Response>;

function fetchWith({ signal, dated, onNoAnswer }: ClientOptions): Fetch {
  return async (url, request) => {
    try {
      const response = await boundedFetch(url, request, limitMs, signal);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (Number.isFinite(date)) dated?.(new Date(date));
      if (response.status >= 500 || response.status === 429)
        throw new NoAnswer(`${new URL(url).host} answered with status ${response.status}`, false);
      return await withoutIdToken(response);
    } catch (error) {
      if (error instanceof NoAnswer && onNoAnswer !== undefined) return onNoAnswer();
      throw error;
    }
  };
}

/**
 * Who signed in does not matter here: the mail server decides what the access token opens. So an ID
 * token is dropped, and a provider whose ID tokens don't validate does no harm.
 */
async function withoutIdToken(response: Response): Promise<Response> {
  if (!response.ok || !(response.headers.get('content-type') ?? '').includes('json')) return response;
  const text = await response.text();
  const { status, headers } = response;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && Reflect.deleteProperty(body, 'id_token'))
      return new Response(JSON.stringify(body), { status, headers });
  } catch {
    // Whoever parses it next says so.
  }
  return new Response(text, { status, headers });
}

/** By issuer: what does not change while the program runs. */
const discovered = new Map<string, Promise<ServerMetadata>>();

async function serverOf(provider: OAuthProvider, options: ClientOptions): Promise<ServerMetadata> {
  const { issuer, tokenUrl, deviceUrl, authorizeUrl } = provider;
  const known = issuer === null ? null : await metadataOf(issuer, options);
  const at = tokenUrl ?? known?.token_endpoint;
  const server: ServerMetadata = {
    ...(known ?? { issuer: new URL(at ?? 'https://unknown.invalid').origin }),
    ...(at === undefined ? {} : { token_endpoint: at }),
    ...(deviceUrl === null ? {} : { device_authorization_endpoint: deviceUrl }),
    ...(authorizeUrl === null ? {} : { authorization_endpoint: authorizeUrl }),
  };
  return server;
}

async function metadataOf(issuer: string, options: ClientOptions): Promise<ServerMetadata> {
  const before = discovered.get(issuer);
  if (before !== undefined) return before;
  const asked = discovery(new URL(issuer), 'discovery', undefined, None(), {
    [customFetch]: fetchWith(options),
    execute: [allowInsecureRequests],
    timeout: limitMs / 1000,
  }).then((found) => found.serverMetadata());
  discovered.set(issuer, asked);
  asked.catch(() => discovered.delete(issuer));
  return asked;
}

async function authenticationOf(
  client: OAuthClient,
  audience: string | null,
): Promise<{ readonly authentication: ClientAuth; readonly secrets: readonly string[] }> {
  switch (client.kind) {
    case 'public':
      return { authentication: None(), secrets: [] };
    case 'secret': {
      const secret = await client.secret.read();
      const authentication = client.style === 'basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
      return { authentication, secrets: [secret] };
    }
    case 'certificate': {
      const key = await client.privateKey.readText();
      const signer = await privateKeyOf(key, 'PS256', client.privateKey.origin);
      return { authentication: await byCertificate(client.certFile, signer, audience), secrets: [] };
    }
  }
}

/**
 * A signed assertion (RFC 7523) that names the certificate by its SHA-256 (RFC 7515 §4.1.8) and the
 * token endpoint as audience, as Microsoft wants it; without an `audience`, the issuer.
 */
async function byCertificate(certFile: string, key: CryptoKey, audience: string | null): Promise<ClientAuth> {
  let print = '';
  try {
    const { raw } = new X509Certificate(await readFile(certFile));
    print = createHash('sha256').update(raw).digest('base64url');
  } catch (error) {
    throw new MothballError(
      {
        fact: `the certificate ${certFile} can't be read (${errorMessage(error)})`,
        remedy: 'Put a PEM certificate there',
      },
      { code: 'config', cause: error },
    );
  }
  return PrivateKeyJwt(key, {
    [modifyAssertion]: (header, payload) => {
      header['x5t#S256'] = print;
      if (audience !== null) payload['aud'] = audience;
    },
  });
}

/** @throws `config`; the text of the key is in no message. */
export async function privateKeyOf(
  pem: string,
  algorithm: 'RS256' | 'PS256',
  origin: string,
): Promise<CryptoKey> {
  try {
    return await importPKCS8(pem, algorithm);
  } catch {
    throw new MothballError(
      {
        fact: `${origin} holds no private key that can sign`,
        remedy: 'Put an RSA key in PKCS #8 PEM there ("BEGIN PRIVATE KEY")',
      },
      { code: 'config' },
    );
  }
}
