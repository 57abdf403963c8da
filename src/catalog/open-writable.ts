import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MothballError } from '../errors.ts';
import { blockingMs, whileBusy } from './busy.ts';
import { DatabaseFile } from './database-file.ts';
import { corruptError, databaseError } from './failure.ts';
import { requireLocal } from './file-system.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { configure, pragma } from './pragmas.ts';

/** Opens a catalog for writing; `create` makes it where it is missing. @throws `database`. */
export async function openWritable(path: string, mode: 'create' | 'existing'): Promise<DatabaseFile> {
  await requireDirectory(path);
  await requireLocal(dirname(path));
  const size = await sizeOf(path);
  if (mode === 'existing' && (size ?? 0) === 0) {
    throw new MothballError(
      {
        fact: `there is no catalog at ${path}${size === null ? '' : ': the file is empty'}`,
        notDone: 'nothing was done',
        remedy: 'Run `mothball reindex` to rebuild it from the stores, or correct `database:`',
      },
      { code: 'database' },
    );
  }
  if (size === null) await createFile(path);
  try {
    return await whileBusy(() => new DatabaseFile(path, false, prepare(path)));
  } catch (error) {
    throw databaseError(path, error);
  }
}

function prepare(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: blockingMs });
  try {
    // Before the first write, so that another program's database stays as it is.
    schemaVersion(database, path);
    configure(database, path);
    requireSound(database, path);
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Checks every table but the text index, which takes most of the time, permits nothing, and when
 * damaged fails at its first use. @throws `database`.
 */
function requireSound(database: DatabaseSync, path: string): void {
  const tables = database.prepare(
    // Nothing depends on the history of quotas, and it is the longest table where accounts are many.
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'samples' AND name NOT LIKE 'lines\\_text%' ESCAPE '\\'",
  );
  for (const { name } of tables.all()) {
    const found = pragma(database, `quick_check("${String(name)}")`);
    if (found !== 'ok') throw corruptError(path, String(found));
  }
}

/** An empty file of mode 0600, durable; SQLite gives its -wal and -shm the same mode. */
async function createFile(path: string): Promise<void> {
  if (((await sizeOf(`${path}-wal`)) ?? 0) > 0) {
    throw corruptError(path, 'the file is missing, but its -wal is there');
  }
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
    const directory = await open(dirname(path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    // Another process may have been first; that is as good.
    if (!isCode(error, 'EEXIST')) throw databaseError(path, error);
  }
}

async function requireDirectory(path: string): Promise<void> {
  const found = await stat(dirname(path)).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw databaseError(path, error);
  });
  if (found?.isDirectory() === true) return;
  throw new MothballError(
    {
      fact: `the directory of the catalog, ${dirname(path)}, does not exist (a volume that is not mounted?)`,
      notDone: 'nothing was created',
      remedy: 'Create or mount it, or correct `database:`',
    },
    { code: 'database' },
  );
}

/** Size of a file in bytes, null when it is missing. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw databaseError(path, error);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
