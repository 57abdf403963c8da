import pg from 'pg';
import { isError, MothballError } from '../../errors.ts';
import { newestSchema, requireKnownVersion } from '../migrate.ts';
import { postgresError } from './failure.ts';
import { postgresMigrations } from './migrations/all.ts';
import { connectionOf, prepareSession } from './session.ts';
import { nameOf, type PostgresSettings } from './settings.ts';

/** Key of the advisory lock under which the schema is changed: "Mthb". */
const lockKey = 0x4d74_6862;

/** Number of the last migration, 0 for a database without a catalog. @throws `database` for another program's tables. */
export async function postgresSchema(client: pg.ClientBase, name: string): Promise<number> {
  const { rows } = await client.query<{ tables: number; known: boolean }>(
    `SELECT count(*)::int AS tables, coalesce(bool_or(table_name = 'migrations'), false)
       AND coalesce(bool_or(table_name = 'archives'), false) AS known
     FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
  );
  const [found] = rows;
  if (found === undefined || found.tables === 0) return 0;
  if (!found.known)
    throw new MothballError(
      {
        fact: `the database ${name} has tables of another program`,
        notDone: 'it was left alone',
        remedy: 'Create a database for Mothball alone, and name it in `database:`',
      },
      { code: 'database' },
    );
  const newest = await client.query<{ number: number }>('SELECT max(number) AS number FROM migrations');
  return newest.rows[0]?.number ?? 0;
}

/**
 * Brings the schema up to date, each step in one transaction that also records it. Two processes may
 * do this at once: the second waits, and finds the work done. @throws `database`.
 */
export async function migratePostgres(settings: PostgresSettings): Promise<void> {
  const name = nameOf(settings);
  await withClient(settings, false, async (client) => {
    await client.query('SET statement_timeout = 0');
    // In one session, which ends with this client, so that a crash frees it.
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    const version = await postgresSchema(client, name);
    requireKnownVersion(version, name, postgresMigrations);
    for (const migration of postgresMigrations) {
      if (version >= migration.number) continue;
      await client.query('BEGIN');
      if (version === 0 && migration === postgresMigrations[0])
        await client.query(
          'CREATE TABLE migrations (number bigint PRIMARY KEY, name text NOT NULL, applied bigint NOT NULL)',
        );
      await client.query(migration.sql);
      await client.query(
        'INSERT INTO migrations VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)',
        [migration.number, migration.name],
      );
      await client.query('COMMIT');
    }
  });
}

/** The schema that is there, without changing anything. */
export async function readSchema(
  settings: PostgresSettings,
): Promise<{ readonly found: number; readonly needed: number }> {
  const found = await withClient(settings, true, (client) => postgresSchema(client, nameOf(settings)));
  requireKnownVersion(found, nameOf(settings), postgresMigrations);
  return { found, needed: newestSchema(postgresMigrations) };
}

/** One connection of its own, for what takes as long as it takes. */
async function withClient<T>(
  settings: PostgresSettings,
  readOnly: boolean,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connectionOf(settings), query_timeout: 0 });
  // Reported by the query that is under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await prepareSession(client, settings, readOnly);
    return await work(client);
  } catch (error) {
    throw isError(error) ? error : postgresError(nameOf(settings), error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
