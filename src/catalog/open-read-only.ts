import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { MothballError } from '../errors.ts';
import { blockingMs, whileBusy } from './busy.ts';
import { DatabaseFile } from './database-file.ts';
import { databaseError } from './failure.ts';
import { requireLocal } from './file-system.ts';
import { migrate, newestSchema, requireKnownVersion, schemaVersion } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { configureReader } from './pragmas.ts';

/**
 * Opens a catalog without writing anything, not even a -wal file, for `plan` and `--dry-run`.
 * A missing catalog reads as an empty one in memory. @throws `database`.
 */
export async function openReadOnly(path: string): Promise<DatabaseFile> {
  try {
    if ((fileStat(path)?.size ?? 0) === 0) return inMemory(path);
    await requireLocal(dirname(path));
    return await whileBusy(() => onDisk(path));
  } catch (error) {
    throw databaseError(path, error);
  }
}

/** An empty catalog that nothing can be written to. */
export function inMemory(path: string): DatabaseFile {
  const database = new DatabaseSync(':memory:');
  migrate(database, path, migrations);
  configureReader(database, path);
  return new DatabaseFile(path, true, database);
}

function onDisk(path: string): DatabaseFile {
  let state = fileState(path);
  const renew = (database: DatabaseSync): DatabaseSync => {
    if (!state.immutable || fileState(path).text === state.text) return database;
    // A writer came: its pages must be read through the -wal from now on.
    database.close();
    state = fileState(path);
    return connect(path, state.immutable);
  };
  return new DatabaseFile(path, true, connect(path, state.immutable), renew);
}

/**
 * Without a -wal nobody has the file open, and `immutable` reads it without making a -wal and -shm
 * (SQLite would, in read-only mode too, and leave them behind). The state is looked at before each
 * statement, so a writer can surprise a single one at most; and what is read here permits nothing.
 */
function fileState(path: string): { readonly immutable: boolean; readonly text: string } {
  const file = fileStat(path);
  const wal = fileStat(`${path}-wal`) !== null;
  return { immutable: !wal, text: `${wal} ${file?.ino} ${file?.size} ${file?.mtimeMs}` };
}

function connect(path: string, immutable: boolean): DatabaseSync {
  const url = pathToFileURL(path);
  if (immutable) url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true, timeout: blockingMs });
  try {
    configureReader(database, path);
    const version = schemaVersion(database, path);
    requireKnownVersion(version, path, migrations);
    if (version === newestSchema(migrations)) return database;
    throw new MothballError(
      {
        fact: `the catalog ${path} was written by an older Mothball (schema ${version}, this program needs ${newestSchema(migrations)})`,
        notDone: 'reading must not change it',
        remedy: 'Run `mothball status` once to bring it up to date',
      },
      { code: 'database' },
    );
  } catch (error) {
    database.close();
    throw error;
  }
}

function fileStat(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
