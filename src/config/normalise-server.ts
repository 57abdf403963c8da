import type { Entry } from './check.ts';
import type { AccountConfig, Auth, ServerConfig } from './config.ts';
import { isLoopback } from './loopback.ts';
import { unknownKey } from './messages.ts';
import type { AccountInput, AuthInput, ServerInput } from './schema-server.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

export function normaliseServers(
  scope: Scope,
  entries: readonly Entry<ServerInput>[],
): readonly ServerConfig[] {
  return entries.map(({ key, value }) => {
    const path = ['servers', key];
    const loopback = isLoopback(value.host);
    if (value.tls === 'none' && !loopback && !value.insecure) {
      scope.report(
        [...path, 'tls'],
        'tls: none sends passwords and mail in the clear; use implicit or starttls, or add insecure: true',
      );
    }
    if (value.tls !== 'none' && value.insecure) {
      scope.report(
        [...path, 'insecure'],
        'is valid only with tls: none; to trust a private certificate authority use caFile',
        'key',
      );
    }
    return {
      name: String(key),
      host: value.host.replace(/^\[(.*)\]$/, '$1'),
      port: value.port ?? (value.tls === 'implicit' ? 993 : 143),
      tls: value.tls,
      caFile: value.caFile === undefined ? null : scope.resolve(value.caFile),
      commandTimeoutMs: value.commandTimeout ?? 120_000,
      connectTimeoutMs: value.connectTimeout ?? 20_000,
      connectAttempts: value.connectAttempts,
      maxConnections: value.maxConnections,
      maxBytesPerSecond: value.maxBytesPerSecond ?? null,
      maxBytesPerDay: value.maxBytesPerDay ?? null,
      maxCommandsPerDay: value.maxCommandsPerDay ?? null,
    };
  });
}

/** One account for each user; `known` are the names under servers. */
export function normaliseAccounts(
  scope: Scope,
  entries: readonly Entry<AccountInput>[],
  known: readonly string[],
): readonly AccountConfig[] {
  const seen = new Set<string>();
  return entries.flatMap(({ key, value }) => {
    const path = ['accounts', key];
    if (!known.includes(value.server)) {
      scope.report([...path, 'server'], unknownKey('server', value.server, known));
    }
    const login = loginOf(scope, path, value);
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
      return { server: value.server, account: user, auth: login(user) };
    });
  });
}

/** How the users of an entry log in. The secret is one for all of them. */
function loginOf(scope: Scope, path: Path, value: AccountInput): ((user: string) => Auth) | null {
  const auth: AuthInput = value.auth ?? { type: 'password', ...value };
  const place = value.auth === undefined ? path : [...path, 'auth'];
  if (auth.type === 'oauth2') {
    const token = scope.secret(place, 'token', {
      file: auth.tokenFile,
      env: auth.tokenEnv,
      command: auth.tokenCommand,
    });
    return token === null ? null : (user) => ({ type: 'oauth2', user, token });
  }
  const password = scope.secret(place, 'password', {
    file: auth.passwordFile,
    env: auth.passwordEnv,
    command: auth.passwordCommand,
  });
  if (password === null) return null;
  if (auth.type === 'password') return (user) => ({ type: 'password', user, password });
  const { user: master, style, separator } = auth;
  return (user) => ({ type: 'master', user, master, password, style, separator });
}
