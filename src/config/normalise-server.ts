import { bytes } from '../domain/brands.ts';
import { type ChosenProfile, profileOfHost, profiles } from '../domain/profiles.ts';
import type { DoveadmQuotaConfig } from './account-sources.ts';
import type { Entry } from './check.ts';
import type { AccountConfig, Auth, ServerConfig } from './config.ts';
import { isLoopback } from './loopback.ts';
import { unknownKey } from './messages.ts';
import { type LoginName, normaliseOAuth, withUser } from './normalise-oauth.ts';
import { type AuthInput, grantKeys, type OAuthInput } from './schema-auth.ts';
import type { AccountInput, ServerInput } from './schema-server.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

export function normaliseServers(
  scope: Scope,
  entries: readonly Entry<ServerInput>[],
): readonly ServerConfig[] {
  return entries.map(({ key, value }) => {
    const path = ['servers', key];
    const loopback = isLoopback(value.host);
    const { mode, servername, fingerprint } =
      typeof value.tls === 'string' ? { mode: value.tls, ...noTlsKeys } : value.tls;
    const fingerprints = fingerprint === undefined ? [] : [fingerprint].flat();
    const chosen = chosenProfile(value);
    const profile = profiles[chosen?.name ?? 'generic'];
    if (mode === 'none' && (servername !== undefined || fingerprints.length > 0))
      scope.report([...path, 'tls'], 'servername and fingerprint need TLS: use mode implicit or starttls');
    if (fingerprints.length > 0 && value.caFile !== undefined)
      scope.report([...path, 'caFile'], 'and tls.fingerprint exclude each other; use one of them', 'key');
    if (mode === 'none' && !loopback && !value.insecure) {
      scope.report(
        [...path, 'tls'],
        'tls: none sends passwords and mail in the clear; use implicit or starttls, or add insecure: true',
      );
    }
    if (mode !== 'none' && value.insecure) {
      scope.report(
        [...path, 'insecure'],
        'is valid only with tls: none; to trust a private certificate authority use caFile',
        'key',
      );
    }
    return {
      name: String(key),
      host: value.host.replace(/^\[(.*)\]$/, '$1'),
      port: value.port ?? (mode === 'implicit' ? 993 : 143),
      tls: mode,
      caFile: value.caFile === undefined ? null : scope.resolve(value.caFile),
      servername: servername ?? null,
      fingerprints,
      profile: chosen,
      commandTimeoutMs: value.commandTimeout ?? profile.commandTimeoutMs,
      connectTimeoutMs: value.connectTimeout ?? 20_000,
      connectAttempts: value.connectAttempts ?? profile.attempts,
      maxConnections: value.maxConnections ?? profile.connections,
      maxBytesPerSecond: value.maxBytesPerSecond ?? (profile.pace === null ? null : bytes(profile.pace)),
      maxBytesPerDay: value.maxBytesPerDay ?? null,
      maxCommandsPerDay: value.maxCommandsPerDay ?? null,
      doveadm: doveadmOf(scope, [...path, 'doveadm'], value.doveadm),
    };
  });
}

/** Null: not configured, or without a password, which the schema reports. */
function doveadmOf(scope: Scope, path: Path, value: ServerInput['doveadm']): DoveadmQuotaConfig | null {
  if (value === undefined) return null;
  const { url, ignoreRoots, passwordFile: file, passwordEnv: env, passwordCommand: command, caFile } = value;
  const password = scope.secret(path, 'password', { file, env, command });
  if (password === null) return null;
  return { url, ignoreRoots, password, caFile: caFile === undefined ? null : scope.resolve(caFile) };
}

const noTlsKeys = { servername: undefined, fingerprint: undefined };

function chosenProfile({ host, profile }: ServerInput): ChosenProfile | null {
  return profile === undefined ? profileOfHost(host) : { name: profile, why: 'mothball.yaml says so' };
}

/** One account for each user. */
export function normaliseAccounts(
  scope: Scope,
  entries: readonly (Entry<AccountInput> & { readonly source?: string })[],
  servers: readonly Entry<ServerInput>[],
  known: readonly string[],
): readonly AccountConfig[] {
  const seen = new Set<string>();
  const shared = new Map(
    servers.map(({ key, value }) => [
      String(key),
      { quota: value.quota, login: value.auth && authOf(scope, ['servers', key, 'auth'], value.auth) },
    ]),
  );
  return entries.flatMap(({ key, value, source = null }) => {
    const path = [source === null ? 'accounts' : 'accountSources', key];
    if (!known.includes(value.server)) {
      scope.report([...path, 'server'], unknownKey('server', value.server, known));
    }
    const server = shared.get(value.server);
    const login = loginOf(scope, path, value, server?.login);
    if (login === null) return [];
    const users: readonly (readonly [string, Path])[] =
      value.user === undefined
        ? (value.users ?? []).map((user, index) => [user, [...path, 'users', index]])
        : [[value.user, [...path, 'user']]];
    return users.map(([user, place]) => {
      const identity = JSON.stringify([value.server, user]);
      if (seen.has(identity)) {
        scope.report(
          place,
          `the account "${user}" on server "${value.server}" is listed already; remove one`,
        );
      }
      seen.add(identity);
      const quotaBytes = value.quota ?? server?.quota ?? null;
      return {
        server: value.server,
        account: user,
        auth: login({ server: value.server, user }),
        quotaBytes,
        source,
      };
    });
  });
}

type Login = (name: LoginName) => Auth;

/** How the users of an entry log in: by its own keys, else by the server's `auth`. Null: it can't be used. */
function loginOf(
  scope: Scope,
  path: Path,
  value: AccountInput,
  server: Login | null | undefined,
): Login | null {
  if (value.auth !== undefined) return authOf(scope, [...path, 'auth'], value.auth);
  const { passwordFile, passwordEnv, passwordCommand } = value;
  const given = [passwordFile, passwordEnv, passwordCommand].some((part) => part !== undefined);
  if (given) return authOf(scope, path, { type: 'password', passwordFile, passwordEnv, passwordCommand });
  if (server !== undefined) return server;
  scope.report(
    path,
    `needs exactly one of passwordFile, passwordEnv, passwordCommand, auth; found none, and server "${value.server}" has no auth either`,
  );
  return null;
}

/** The secret is one for all users of an entry. */
function authOf(scope: Scope, path: Path, auth: AuthInput): Login | null {
  if (auth.type === 'oauth2' && auth.grant !== undefined) return normaliseOAuth(scope, path, auth);
  if (auth.type === 'oauth2') {
    checkNoGrant(scope, path, auth);
    const token = scope.secret(path, 'token', {
      file: auth.tokenFile,
      env: auth.tokenEnv,
      command: auth.tokenCommand,
    });
    const { login } = auth;
    return token === null
      ? null
      : ({ user }) => ({ type: 'oauth2', user: withUser(login ?? '{user}', user), token });
  }
  const password = scope.secret(path, 'password', {
    file: auth.passwordFile,
    env: auth.passwordEnv,
    command: auth.passwordCommand,
  });
  if (password === null) return null;
  if (auth.type === 'password') {
    const { login } = auth;
    return ({ user }) => ({ type: 'password', user: withUser(login ?? '{user}', user), password });
  }
  const { user: master, style, separator } = auth;
  return ({ user }) => ({ type: 'master', user, master, password, style, separator });
}

/** Beside a token from elsewhere, the keys of a built-in sign-in mean nothing. */
function checkNoGrant(scope: Scope, path: Path, auth: OAuthInput): void {
  for (const key of Object.keys(grantKeys))
    if (Object.hasOwn(auth, key))
      scope.report([...path, key], 'is valid only with grant, in place of a token', 'key');
}
