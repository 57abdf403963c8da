import type { DatabaseSync } from 'node:sqlite';
import { MothballError } from '../errors.ts';

/** `PRAGMA synchronous` = FULL. */
const full = 2;

/**
 * Sets what every writing connection must have, and reads it back: a commit that is not on disk
 * would let mail be deleted on the strength of a record that a power cut takes away.
 * @throws `database` when SQLite did not take a setting.
 */
export function configure(database: DatabaseSync, path: string): void {
  requireSetting(database, path, 'journal_mode', 'WAL', 'wal');
  requireSetting(database, path, 'synchronous', 'FULL', full);
  requireSetting(database, path, 'foreign_keys', 'ON', 1);
  database.exec('PRAGMA journal_size_limit = 67108864');
}

/** The same for a connection that only reads. */
export function configureReader(database: DatabaseSync, path: string): void {
  requireSetting(database, path, 'synchronous', 'FULL', full);
  requireSetting(database, path, 'query_only', 'ON', 1);
}

/** The value that a PRAGMA answers; undefined without an answer. */
export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function requireSetting(
  database: DatabaseSync,
  path: string,
  name: string,
  value: string,
  wanted: unknown,
): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const found = pragma(database, name);
  if (found === wanted) return;
  throw new MothballError(
    `The catalog ${path} does not accept ${name}=${value} (it answers ${String(found)}). ` +
      'Nothing is deleted without it. Put `database:` on an ordinary local disk.',
    { code: 'database' },
  );
}
