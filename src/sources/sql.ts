import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import type { AccountSourceConfig } from '../config/account-sources.ts';
import type { SourceRow } from '../domain/account-list.ts';
import { MothballError } from '../errors.ts';
import { answerMs, requireRows } from './bounds.ts';
import { recordOf } from './files.ts';

type SqlConfig = Extract<AccountSourceConfig, { type: 'sql' }>;

/** The rows of one query, in a transaction that can only read. */
export function sqlRows(config: SqlConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  if (config.url.startsWith('sqlite:')) return Promise.resolve(sqliteRows(config));
  return config.url.startsWith('postgres') ? postgresRows(config, signal) : mysqlRows(config, signal);
}

function sqliteRows({ url, query }: SqlConfig): readonly SourceRow[] {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  try {
    const rows: SourceRow[] = [];
    for (const row of database.prepare(query).iterate()) {
      rows.push(recordOf(row));
      requireRows(rows.length);
    }
    return rows;
  } finally {
    database.close();
  }
}

async function tlsOf({ url, caFile }: SqlConfig): Promise<{ readonly ca?: string } | undefined> {
  const { hostname, searchParams } = new URL(url);
  const here = hostname === '' || hostname === 'localhost' || hostname.startsWith('127.');
  if (caFile === null && (here || searchParams.get('host')?.startsWith('/') === true)) return undefined;
  return caFile === null ? {} : { ca: await readFile(caFile, 'utf8') };
}

async function postgresRows(config: SqlConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  const { Client } = (await import('pg')).default;
  const { hostname, port, pathname, username, searchParams } = new URL(config.url);
  const password = (await config.password?.read()) ?? '';
  const ssl = await tlsOf(config);
  const client = new Client({
    host: searchParams.get('host') ?? hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password,
    connectionTimeoutMillis: answerMs,
    statement_timeout: answerMs,
    query_timeout: answerMs,
    ...(ssl === undefined ? {} : { ssl }),
  });
  const stop = (): void => void client.end().catch(() => undefined);
  // Without a listener a broken connection would end the process.
  client.on('error', () => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query('BEGIN TRANSACTION READ ONLY');
    const { rows } = await client.query<Record<string, unknown>>(config.query);
    requireRows(rows.length);
    return rows;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}

async function mysqlRows(config: SqlConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  const { createConnection } = await import('mysql2/promise');
  const { hostname, port, pathname, username, searchParams } = new URL(config.url);
  const socketPath = searchParams.get('socket');
  const ssl = socketPath === null ? await tlsOf(config) : undefined;
  if (ssl !== undefined && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new MothballError(
      {
        fact: `the certificate of ${hostname} can't be compared with an address`,
        remedy: "Write the server's name in the URL",
      },
      { code: 'config' },
    );
  const connection = await createConnection({
    ...(socketPath === null ? { host: hostname } : { socketPath }),
    ...(port === '' ? {} : { port: Number(port) }),
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password: (await config.password?.read()) ?? '',
    connectTimeout: answerMs,
    // Never let the server ask for a file of this machine.
    flags: ['-LOCAL_FILES'],
    // By itself this driver compares no name with the certificate.
    ...(ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: true } }),
  });
  const stop = (): void => connection.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await connection.query('START TRANSACTION READ ONLY');
    const [rows] = await connection.query({ sql: config.query, timeout: answerMs });
    const list: readonly unknown[] = Array.isArray(rows) ? rows : [];
    requireRows(list.length);
    return list.map((row) => recordOf(row));
  } finally {
    signal.removeEventListener('abort', stop);
    connection.destroy();
  }
}
