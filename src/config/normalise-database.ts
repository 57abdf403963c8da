import type { DatabaseConfig } from './config.ts';
import { isLoopback } from './loopback.ts';
import type { DatabaseInput } from './schema-database.ts';
import type { Scope } from './scope.ts';
import { Secret } from './secret.ts';

/** What a database needs of its file, or of its command line. */
type DatabaseScope = Pick<Scope, 'resolve' | 'report' | 'secret'>;

const fallback = 'sqlite:./mothball.db';
const passwordKeys = ['passwordFile', 'passwordEnv', 'passwordCommand'] as const;

type PostgresInput = Exclude<DatabaseInput, string>;

export function normaliseDatabase(scope: DatabaseScope, input: DatabaseInput | undefined): DatabaseConfig {
  const given = input ?? fallback;
  if (typeof given === 'string') {
    const file = /^sqlite:(.+)$/.exec(given)?.[1];
    if (file !== undefined) return { type: 'sqlite', path: scope.resolve(file) };
  }
  const value = typeof given === 'string' ? { url: given, insecure: false, poolSize: 10 } : given;
  const found = postgres(scope, value, typeof given === 'string' ? ['database'] : ['database', 'url']);
  return found ?? { type: 'sqlite', path: scope.resolve('mothball.db') };
}

/** Null: the problem was reported. No message quotes the URL, which may hold a password. */
function postgres(
  scope: DatabaseScope,
  value: PostgresInput,
  place: readonly string[],
): DatabaseConfig | null {
  const bad = (message: string): null => {
    scope.report([...place], message);
    return null;
  };
  const url = URL.parse(value.url);
  if (url === null) return bad('is not a URL such as postgres://mothball@db.example.com:5432/mothball');
  const database = decoded(url.pathname.slice(1));
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const user = decoded(url.username);
  if (host === '' || database === '' || database.includes('/') || user === '')
    return bad('needs a user, a host and a database: postgres://USER@HOST:PORT/DATABASE');
  const mode = url.searchParams.get('sslmode');
  for (const name of new Set(url.searchParams.keys()))
    if (name !== 'sslmode')
      return bad(`has the parameter "${name}"; only sslmode is known, the rest are keys of \`database\``);
  const local = host.startsWith('/') || isLoopback(host);
  if (mode !== null && !['disable', 'require', 'verify-ca', 'verify-full'].includes(mode))
    return bad('has an unknown sslmode; use disable or verify-full');
  if (mode === 'disable' && !local && !value.insecure)
    return bad(
      'would send mail headers and the password unencrypted to another machine; leave sslmode out, or set `insecure: true`',
    );
  const encrypted = mode === null ? !local && !value.insecure : mode !== 'disable';
  return {
    type: 'postgres',
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    database,
    password: passwordOf(scope, value, url, bad),
    tls: encrypted ? { caFile: value.caFile === undefined ? null : scope.resolve(value.caFile) } : null,
    poolSize: value.poolSize,
    statementTimeoutMs: value.statementTimeout ?? 60_000,
  };
}

function passwordOf(
  scope: DatabaseScope,
  value: PostgresInput,
  url: URL,
  bad: (message: string) => null,
): Secret | null {
  const { passwordFile: file, passwordEnv: env, passwordCommand: command } = value;
  const keys = passwordKeys.filter((key) => value[key] !== undefined);
  if (keys.length + (url.password === '' ? 0 : 1) > 1)
    return bad(
      `needs at most one password; found ${[...keys, ...(url.password === '' ? [] : ['one in the URL'])].join(' and ')}`,
    );
  if (url.password !== '') return Secret.fromText(decoded(url.password), 'the URL of `database`');
  return scope.secret(['database'], 'password', { file, env, command });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
