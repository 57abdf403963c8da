import type { DatabaseSync } from 'node:sqlite';
import { MothballError } from '../errors.ts';
import type { Migration } from './migrations/migration.ts';

/** `PRAGMA application_id` of a catalog: "Mthb". */
const applicationId = 0x4d74_6862;

/**
 * Number of the last migration in the file, 0 for an empty one.
 * @throws `database` when the file is some other program's.
 */
export function schemaVersion(database: DatabaseSync, path: string): number {
  const tables = number(database, 'SELECT count(*) AS value FROM sqlite_schema');
  if (tables === 0) return 0;
  if (number(database, 'PRAGMA application_id') !== applicationId) {
    throw new MothballError(
      {
        fact: `${path} is an SQLite database, but not a catalog of Mothball`,
        notDone: 'it was left alone',
        remedy: 'Name another file in `database:`',
      },
      { code: 'database' },
    );
  }
  return number(database, 'SELECT max(number) AS value FROM migrations');
}

/** The schema that these migrations lead to. */
export function newestSchema(migrations: readonly Migration[]): number {
  return Math.max(0, ...migrations.map((migration) => migration.number));
}

/** @throws `database` when the catalog was written by a newer program. */
export function requireKnownVersion(version: number, path: string, migrations: readonly Migration[]): void {
  if (version <= newestSchema(migrations)) return;
  throw new MothballError(
    {
      fact: `the catalog ${path} was written by a newer Mothball (schema ${version}, this program knows ${newestSchema(migrations)})`,
      notDone: 'it was left alone and nothing is deleted',
      remedy: 'Use that version, or a newer one',
    },
    { code: 'database' },
  );
}

/**
 * Brings the schema up to date, each step in one transaction that also records it, so that a crash
 * leaves whole steps only. Two processes may do this at once: the second finds the work done.
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly Migration[]): void {
  requireKnownVersion(schemaVersion(database, path), path, migrations);
  for (const migration of migrations) {
    if (schemaVersion(database, path) >= migration.number) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      if (schemaVersion(database, path) < migration.number) apply(database, migration);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

function apply(database: DatabaseSync, migration: Migration): void {
  if (migration.number === 1) {
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(
      'CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL) STRICT',
    );
  }
  database.exec(migration.sql);
  database
    .prepare('INSERT INTO migrations (number, name, applied) VALUES (?, ?, unixepoch() * 1000)')
    .run(migration.number, migration.name);
}

/** The first column of the only row. */
function number(database: DatabaseSync, sql: string): number {
  const [value] = Object.values(database.prepare(sql).get() ?? {});
  return typeof value === 'number' ? value : 0;
}
