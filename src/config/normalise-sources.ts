import type { RowMapping } from '../domain/account-list.ts';
import type { AccountSourceConfig } from './account-sources.ts';
import type { Entry } from './check.ts';
import { unknownKey } from './messages.ts';
import type { SourceInput } from './schema-sources.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

/** One source for each entry of `accountSources`. */
export function normaliseSources(
  scope: Scope,
  entries: readonly Entry<SourceInput>[],
  servers: readonly string[],
): readonly AccountSourceConfig[] {
  return entries.flatMap(({ key, value }) => {
    const path = ['accountSources', key];
    if (value.server !== undefined && !servers.includes(value.server))
      scope.report([...path, 'server'], unknownKey('server', value.server, servers));
    const common = {
      name: String(key),
      mapping: mappingOf(scope, value, servers),
      refresh: value.refresh,
      maxShrink: value.maxShrink,
    };
    const own = kindOf(scope, path, value);
    return own === null ? [] : [{ ...common, ...own }];
  });
}

type Kind<T = AccountSourceConfig> = T extends AccountSourceConfig
  ? Omit<T, 'name' | 'mapping' | 'refresh' | 'maxShrink'>
  : never;

function kindOf(scope: Scope, path: Path, value: SourceInput): Kind | null {
  switch (value.type) {
    case 'csv':
    case 'yaml':
    case 'directory':
      return { type: value.type, path: scope.resolve(value.path) };
    case 'sql': {
      const { type, query } = value;
      const url = value.url.startsWith('sqlite:')
        ? `sqlite:${scope.resolve(value.url.slice('sqlite:'.length))}`
        : value.url;
      return { type, url, query, password: passwordOf(scope, path, value), caFile: caOf(scope, value) };
    }
    case 'ldap': {
      const { type, url, startTls, bindDn, base, search } = value;
      const password = passwordOf(scope, path, value);
      if (password === null) return null;
      return { type, url, startTls, bindDn, base, search, password, caFile: caOf(scope, value) };
    }
    case 'http': {
      const { type, url, items, next = null } = value;
      const token = scope.secret(path, 'token', {
        file: value.tokenFile,
        env: value.tokenEnv,
        command: value.tokenCommand,
      });
      return { type, url, items, next, token, caFile: caOf(scope, value) };
    }
    case 'doveadm': {
      const { type, url, mask } = value;
      const password = passwordOf(scope, path, value);
      return password === null ? null : { type, url, mask, password, caFile: caOf(scope, value) };
    }
  }
}

function passwordOf(
  scope: Scope,
  path: Path,
  keys: Pick<Extract<SourceInput, { type: 'ldap' }>, 'passwordFile' | 'passwordEnv' | 'passwordCommand'>,
): ReturnType<Scope['secret']> {
  return scope.secret(path, 'password', {
    file: keys.passwordFile,
    env: keys.passwordEnv,
    command: keys.passwordCommand,
  });
}

function caOf(scope: Scope, { caFile }: { readonly caFile?: string | undefined }): string | null {
  return caFile === undefined ? null : scope.resolve(caFile);
}

function mappingOf(scope: Scope, value: SourceInput, servers: readonly string[]): RowMapping {
  const { columns: given } = value;
  const columns = {
    user: given?.user ?? 'user',
    server: given?.server ?? 'server',
    passwordFile: given?.passwordFile ?? 'passwordFile',
    quota: given?.quota ?? 'quota',
    hold: given?.hold ?? 'hold',
    keepNewerThan: given?.keepNewerThan ?? 'keepNewerThan',
  };
  return {
    columns,
    server: value.server ?? (servers.length === 1 ? (servers[0] ?? null) : null),
    passwordFile: templateOf(scope, value),
    filter: value.filter ?? { include: ['*'], exclude: [] },
    servers,
  };
}

/** A directory of secrets holds the passwords themselves. */
function templateOf(scope: Scope, value: SourceInput): string | null {
  const { accountPasswordFile } = value;
  if (accountPasswordFile !== undefined) return scope.resolve(accountPasswordFile);
  return value.type === 'directory' ? '{path}' : null;
}
