import { createHash } from 'node:crypto';
import { mkdir, open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorMessage, isError, MothballError } from '../errors.ts';
import type { Held, Lock, Locks } from '../ports/locks.ts';
import { isBusy } from './failure.ts';
import { requireLocal } from './file-system.ts';

/**
 * Lock files that this process holds or is about to take, by real path. A POSIX lock is dropped when
 * the process closes any descriptor of the file (fcntl(2)), so a file that is held is never opened
 * again, and never removed: another process may hold the old inode. The connections are kept here so
 * that none is closed by the garbage collector; null while it is being opened.
 */
const held = new Map<string, DatabaseSync | null>();

/**
 * Kernel locks on files in this directory (made where it is missing; its parent must exist). Each is
 * an SQLite `BEGIN EXCLUSIVE` held open: SIGKILL frees it, a stopped holder keeps it, and nobody
 * takes over from the living. @throws `database` when the directory can't be used.
 */
export function openLocks(directory: string): Locks {
  return {
    account: ({ server, account }) => take(directory, 'account', [server, account]),
    store: (name) => take(directory, 'store', [name]),
    leader: async () => unshared,
    connection: async () => unshared,
    pace: async () => null,
  };
}

/** The kernel holds it as long as the process lives: there is nothing to prove. */
const sure = {
  fenced: null,
  lost: new AbortController().signal,
  async prove(): Promise<void> {},
  require(): void {},
  with: (): Held => sure,
};

/** What is not shared with other machines needs no lock. */
export const unshared: Lock = { ...sure, async [Symbol.asyncDispose]() {} };

/** Whether any lock in the directory is held, by another process or by this one. */
export async function heldLocks(directory: string): Promise<boolean> {
  const real = await lockDirectory(directory);
  for (const name of await readdir(real)) {
    const path = join(real, name);
    if (held.has(path)) return true;
    if (!name.endsWith('.lock')) continue;
    const database = await lockFile(path);
    if (database === null) return true;
    database.close();
  }
  return false;
}

async function take(directory: string, kind: string, names: readonly string[]): Promise<Lock | null> {
  try {
    const path = join(await lockDirectory(directory), lockFileName(kind, names));
    if (held.has(path)) return null;
    // Before the next await, so that a second call in this process never opens the file.
    held.set(path, null);
    const database = await lockFile(path).catch((error: unknown) => {
      held.delete(path);
      throw error;
    });
    if (database === null) {
      held.delete(path);
      return null;
    }
    held.set(path, database);
    return {
      ...sure,
      async [Symbol.asyncDispose]() {
        if (!database.isOpen) return;
        database.close();
        held.delete(path);
      },
    };
  } catch (error) {
    if (isError(error)) throw error;
    throw new MothballError(
      {
        fact: `the lock of ${kind} ${names.join('/')} in ${directory} can't be taken: ${errorMessage(error)}`,
        notDone: 'nothing was done with it',
        remedy: 'Check the directory of the database',
      },
      { code: 'database', cause: error },
    );
  }
}

/** The exclusive transaction on the lock file, or null when another process holds it. */
async function lockFile(path: string): Promise<DatabaseSync | null> {
  await createEmpty(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Not WAL, where EXCLUSIVE would let others in to read: a rollback journal's lock covers the file.
    // In memory, since nothing is ever written: no journal file that SIGKILL would leave behind.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
}

/** Slug for people, hash for difference: two names never share a file. */
function lockFileName(kind: string, names: readonly string[]): string {
  const slug = names
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, ...names]))
    .digest('hex');
  return `${kind}-${slug}-${hash.slice(0, 16)}.lock`;
}

async function lockDirectory(directory: string): Promise<string> {
  await mkdir(directory, { mode: 0o700 }).catch(ignore('EEXIST'));
  await requireLocal(directory);
  return await realpath(directory);
}

async function createEmpty(path: string): Promise<void> {
  await open(path, 'wx', 0o600).then((file) => file.close(), ignore('EEXIST'));
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === code)) throw error;
  };
}
