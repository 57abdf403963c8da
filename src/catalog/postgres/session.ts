import pg from 'pg';
import { MothballError } from '../../errors.ts';
import { nameOf, type PostgresSettings } from './settings.ts';
import { asWritten } from './text.ts';

/** The oldest PostgreSQL that is supported. */
const oldestVersion = 15;

const numberTypes = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC]);
const textTypes = new Set<number>([pg.types.builtins.TEXT, pg.types.builtins.VARCHAR]);

/** Sums and counts come as numbers: no figure of the catalog is beyond 2^53. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    if (format !== 'binary' && numberTypes.has(oid)) return Number;
    if (format !== 'binary' && textTypes.has(oid)) return asWritten;
    return pg.types.getTypeParser(oid, format);
  },
};

/** How pg is to connect. Nothing here is printed. */
export function connectionOf(settings: PostgresSettings): pg.ClientConfig {
  const { host, port, user, database, password, tls, statementTimeoutMs } = settings;
  return {
    host,
    port,
    user,
    database,
    ...(password === null ? {} : { password }),
    ssl: tls === null ? false : { rejectUnauthorized: true, ...(tls.ca === null ? {} : { ca: tls.ca }) },
    application_name: 'mothball',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // The server cancels a statement; where it has fallen silent, this side gives up a little later.
    query_timeout: statementTimeoutMs + 10_000,
    types,
  };
}

/**
 * Prepares a new connection, and refuses a server that may forget what it acknowledged: mail would be
 * deleted on the strength of a record that a power cut takes away. @throws `database`.
 */
export async function prepareSession(
  client: pg.ClientBase,
  settings: PostgresSettings,
  readOnly: boolean,
): Promise<void> {
  await client.query(
    `SET statement_timeout = ${settings.statementTimeoutMs}; SET idle_in_transaction_session_timeout = '15s';
     SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}; SET client_min_messages = 'warning';
     SET timezone = 'UTC'`,
  );
  const { rows } = await client.query<Found>(
    `SELECT current_setting('server_version_num') AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS synchronous, current_setting('full_page_writes') AS pages,
      current_setting('server_encoding') AS encoding, pg_is_in_recovery()::text AS standby`,
  );
  const [found] = rows;
  if (found === undefined) throw new TypeError('a SELECT without a row');
  const fault = faultOf(found, readOnly);
  if (fault === null) return;
  throw new MothballError(
    { fact: `the database ${nameOf(settings)} ${fault.fact}`, notDone: fault.notDone, remedy: fault.remedy },
    { code: 'database', retryable: fault.retryable ?? false },
  );
}

interface Found {
  readonly version: string;
  readonly fsync: string;
  readonly synchronous: string;
  readonly pages: string;
  readonly encoding: string;
  readonly standby: string;
}

interface Fault {
  readonly fact: string;
  readonly notDone: string;
  readonly remedy: string;
  readonly retryable?: boolean;
}

function faultOf(found: Found, readOnly: boolean): Fault | null {
  const version = Math.floor(Number(found.version) / 10_000);
  const notDone = 'nothing is deleted by its records, and nothing was done';
  if (!(version >= oldestVersion))
    return {
      fact: `is PostgreSQL ${version}; Mothball needs ${oldestVersion} or newer`,
      notDone: 'nothing was done',
      remedy: 'Upgrade PostgreSQL, or use sqlite:./mothball.db',
    };
  if (found.encoding !== 'UTF8')
    return {
      fact: `has the encoding ${found.encoding}, which can't hold every name`,
      notDone: 'nothing was done',
      remedy: "Create it again with `ENCODING 'UTF8' TEMPLATE template0`",
    };
  // What only reads permits nothing.
  if (readOnly) return null;
  if (found.standby === 'true')
    return {
      fact: 'is a standby, which only reads',
      notDone: 'nothing was done',
      remedy: 'Name the primary in `database:`',
      retryable: true,
    };
  if (found.fsync !== 'on' || found.pages !== 'on')
    return {
      fact: `runs with ${found.fsync === 'on' ? 'full_page_writes' : 'fsync'} = off, so that a power failure loses or damages what it acknowledged`,
      notDone,
      remedy: `Set ${found.fsync === 'on' ? 'full_page_writes' : 'fsync'} = on in postgresql.conf and reload it`,
    };
  if (found.synchronous === 'off')
    return {
      fact: 'runs with synchronous_commit = off, so that a crash loses what it acknowledged',
      notDone,
      remedy: 'Set synchronous_commit = on, for the server, the database and the user of `database:`',
    };
  return null;
}
