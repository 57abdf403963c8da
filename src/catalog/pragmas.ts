import type { DatabaseSync } from 'node:sqlite';
import { MothballError } from '../errors.ts';

interface Setting {
  readonly name: string;
  readonly value: string;
  /** What SQLite answers when it accepted the value. */
  readonly wanted: unknown;
}

const synchronous: Setting = { name: 'synchronous', value: 'FULL', wanted: 2 };

/**
 * Sets what every writing connection must have, and reads it back: a commit that is not on disk
 * would let mail be deleted on the strength of a record that a power cut takes away.
 * @throws `database` when SQLite did not take a setting.
 */
export function configure(database: DatabaseSync, path: string): void {
  requireSetting(database, path, { name: 'journal_mode', value: 'WAL', wanted: 'wal' });
  requireSetting(database, path, synchronous);
  requireSetting(database, path, { name: 'foreign_keys', value: 'ON', wanted: 1 });
  database.exec('PRAGMA journal_size_limit = 67108864');
}

/** The same for a connection that only reads. */
export function configureReader(database: DatabaseSync, path: string): void {
  requireSetting(database, path, synchronous);
  requireSetting(database, path, { name: 'query_only', value: 'ON', wanted: 1 });
}

/** The value that a PRAGMA answers; undefined without an answer. */
export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function requireSetting(database: DatabaseSync, path: string, { name, value, wanted }: Setting): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const found = pragma(database, name);
  if (found === wanted) return;
  throw new MothballError(
    {
      fact: `the catalog ${path} does not accept ${name}=${value} (it answers ${String(found)})`,
      notDone: 'nothing is deleted without it',
      remedy: 'Put `database:` on an ordinary local disk',
    },
    { code: 'database' },
  );
}
