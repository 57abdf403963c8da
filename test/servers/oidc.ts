import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type ClientMetadata, type Configuration, type JWK, Provider } from 'oidc-provider';
import { freePort } from './free-port.ts';

export interface OidcOptions {
  /** Seconds that an access token is good; default 3600. */
  readonly accessSeconds?: number;
  /** Whose mail the tokens of an application open. */
  readonly appUser?: string;
  readonly clients?: readonly ClientMetadata[];
}

/** What the token endpoint was asked for, and how it answered. */
export interface TokenRequest {
  readonly grant: string;
  readonly body: URLSearchParams;
  readonly status: number;
}

export interface Oidc {
  readonly issuer: string;
  readonly port: number;
  /** Every request to the token endpoint, in order. */
  readonly requests: TokenRequest[];
  /** Answers the next requests to the token endpoint itself; null: passes them on. */
  intercept: ((body: URLSearchParams) => { readonly status: number; readonly body: string } | null) | null;
  /** The code of a device sign-in that waits; null: none does. */
  openCode(): Promise<string | null>;
  /** The person types the code of a device sign-in, and agrees. */
  approve(userCode: string, user: string): Promise<void>;
  /** The person refuses. */
  refuse(userCode: string): Promise<void>;
  /** A refresh token as if this user had signed in. */
  refreshToken(user: string): Promise<string>;
  /** Ends the sign-ins of this user: no token of theirs is good any more. */
  revoke(user: string): Promise<void>;
  /** Lines for dovecot.conf: XOAUTH2 and OAUTHBEARER by this provider. The file is written there. */
  dovecotPassdb(file: string): string;
  /** Content of that file. */
  readonly dovecotSettings: string;
  stop(): Promise<void>;
}

export const appClient = { id: 'mothball-app', secret: 'app-secret-8f2c' } as const;
export const deviceClient = { id: 'mothball-device' } as const;
const introspector = { id: 'dovecot', secret: 'dovecot-secret' } as const;
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const clients: readonly ClientMetadata[] = [
  {
    client_id: appClient.id,
    client_secret: appClient.secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  },
  {
    client_id: deviceClient.id,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: [deviceGrant, 'authorization_code', 'refresh_token'],
    redirect_uris: ['http://127.0.0.1/'],
    response_types: ['code'],
  },
  {
    client_id: introspector.id,
    client_secret: introspector.secret,
    grant_types: [],
    redirect_uris: [],
    response_types: [],
  },
];

/** A private OpenID provider on loopback: opaque access tokens, rotating refresh tokens, in memory. */
export async function startOidc(options: OidcOptions = {}): Promise<Oidc> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const grants = new Map<string, Set<string>>();
  const provider = new Provider(issuer, configurationOf(options));
  const requests: TokenRequest[] = [];
  const codes: string[] = [];
  provider.on('device_authorization.success', (_context, body) => {
    codes.push(String(body['user_code']));
  });
  const state: { intercept: Oidc['intercept'] } = { intercept: null };
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      if (request.url === '/token' && request.method === 'POST') {
        for await (const piece of request) pieces.push(piece);
        const text = Buffer.concat(pieces).toString();
        const body = new URLSearchParams(text);
        const own = state.intercept?.(body) ?? null;
        response.on('finish', () =>
          requests.push({ grant: body.get('grant_type') ?? '', body, status: response.statusCode }),
        );
        if (own !== null) {
          response.writeHead(own.status, { 'content-type': 'application/json' }).end(own.body);
          return;
        }
        Object.assign(request, { body: Object.fromEntries(body) });
      }
      await provider.callback()(request, response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const grantTo = async (user: string, clientId: string): Promise<string> => {
    const grant = new provider.Grant({ accountId: user, clientId });
    grant.addOIDCScope('openid offline_access');
    const id = await grant.save();
    grants.set(user, (grants.get(user) ?? new Set()).add(id));
    return id;
  };
  return {
    issuer,
    port,
    requests,
    get intercept() {
      return state.intercept;
    },
    set intercept(value) {
      state.intercept = value;
    },
    openCode: () => Promise.resolve(codes.shift() ?? null),
    async approve(userCode, user) {
      const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
      if (code === undefined) throw new Error(`no code ${userCode}`);
      code.accountId = user;
      code.grantId = await grantTo(user, deviceClient.id);
      code.scope = 'openid offline_access';
      code.authTime = Math.floor(Date.now() / 1000);
      await code.save();
    },
    async refuse(userCode) {
      const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
      if (code === undefined) throw new Error(`no code ${userCode}`);
      Object.assign(code, { error: 'access_denied', errorDescription: 'the person refused' });
      await code.save();
    },
    async refreshToken(user) {
      const client = await provider.Client.find(deviceClient.id);
      if (client === undefined) throw new Error('no client');
      const token = new provider.RefreshToken({
        client,
        accountId: user,
        grantId: await grantTo(user, deviceClient.id),
        scope: 'openid offline_access',
        gty: 'device_code',
        authTime: Math.floor(Date.now() / 1000),
      });
      return token.save();
    },
    async revoke(user) {
      for (const id of grants.get(user) ?? []) {
        await provider.RefreshToken.revokeByGrantId(id);
        await provider.AccessToken.revokeByGrantId(id);
        await (await provider.Grant.find(id))?.destroy();
      }
      grants.delete(user);
    },
    dovecotPassdb: (file) => `auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${file}
}
`,
    dovecotSettings: `introspection_mode = post
introspection_url = http://${introspector.id}:${introspector.secret}@127.0.0.1:${port}/token/introspection
username_attribute = username
active_attribute = active
active_value = true
`,
    stop: () => close(server),
  };
}

function configurationOf({
  accessSeconds = 3600,
  appUser = 'nobody',
  clients: more = [],
}: OidcOptions): Configuration {
  return {
    clients: [...clients, ...more],
    scopes: ['openid', 'offline_access'],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    extraTokenClaims: (_context, token) => ({
      username: 'accountId' in token ? token.accountId : appUser,
    }),
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: accessSeconds,
      ClientCredentials: accessSeconds,
      RefreshToken: 3600,
      DeviceCode: 600,
      Grant: 3600,
      IdToken: 3600,
      Interaction: 3600,
      Session: 3600,
    },
    jwks: { keys: [signingKey()] },
  };
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
