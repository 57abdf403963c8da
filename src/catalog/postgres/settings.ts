/** Where a PostgreSQL catalog is and how it is talked to. */
export interface PostgresSettings {
  /** Host name or address; a path is the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Asked for at each new connection; null: none. */
  readonly password: (() => Promise<string>) | null;
  /** Null: not encrypted. `ca`: PEM to trust in place of the system's. */
  readonly tls: { readonly ca: string | null } | null;
  /** Connections at most. */
  readonly poolSize: number;
  /** Longest statement, in milliseconds. */
  readonly statementTimeoutMs: number;
}

/** For messages: everything but the password. */
export function nameOf({ host, port, user, database }: PostgresSettings): string {
  const place = host.startsWith('/')
    ? `${host}:${port}`
    : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `postgres://${user}@${place}/${database}`;
}
