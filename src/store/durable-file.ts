import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { partialSuffix } from './store-key.ts';

/** Writes the content of a new file. */
export type WriteContent = (file: FileHandle) => Promise<void>;
/** Makes an open file or directory durable; fsync, except in tests of its failure. */
export type Sync = (file: FileHandle) => Promise<void>;

export const fsync: Sync = (file) => file.sync();

/** What file systems answer that have no fsync of directories: SMB, and some under FUSE. */
const noDirectorySync = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF', 'ENOSYS']);

/** Whether this is the answer of a file system that cannot make the names in a directory durable. */
export function cannotSyncNames(error: unknown): boolean {
  return noDirectorySync.has(systemCode(error) ?? '');
}

/** The same fsync, for a store whose file system cannot sync directories, and whose owner accepts that. */
export function withoutNames(sync: Sync): Sync {
  return async (file) => {
    try {
      await sync(file);
    } catch (error) {
      if (!cannotSyncNames(error) || !(await file.stat()).isDirectory()) throw error;
    }
  };
}

/** fsync failed on two inodes in a row: the disk under the store is not to be trusted. */
export class SyncFailed extends Error {
  override readonly name = 'SyncFailed';
}

/** The code of a system error, or null. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * Creates a file under its final name, which must be free (EEXIST), and makes it and its place in
 * the directory durable. When fsync fails the kernel may have dropped the pages and say nothing
 * the next time, so the file is removed and written again on a new inode; twice is SyncFailed.
 * Whatever fails, nothing is left under the name.
 */
export async function createDurably(path: string, write: WriteContent, sync: Sync = fsync): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const file = await open(path, 'wx', 0o600);
    try {
      await writeAndClose(file, write, sync);
      break;
    } catch (error) {
      await unlink(path);
      if (!(error instanceof SyncFailed) || attempt === 2) throw error;
    }
  }
  try {
    await syncDirectory(dirname(path), sync);
  } catch (error) {
    await unlink(path);
    throw error;
  }
}

/**
 * The same, but the file appears under its name complete or not at all: written beside it, then
 * linked, since a rename would clobber. File systems without links get the file under its final
 * name, valid only with its final line.
 */
export async function createAtomically(path: string, write: WriteContent, sync: Sync = fsync): Promise<void> {
  const partial = `${path}.${randomUUID()}${partialSuffix}`;
  await createDurably(partial, write, sync);
  try {
    await link(partial, path);
  } catch (error) {
    if (!noLinks.has(systemCode(error) ?? '')) throw error;
    await createDurably(path, write, sync);
  } finally {
    await unlink(partial);
  }
  await syncDirectory(dirname(path), sync);
}

const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Directories whose name this process has made durable, or found so. */
const durable = new Set<string>();

/**
 * Creates the missing directories below `root` with mode 0700 and makes each one's name durable in
 * its parent; also of one that is there, once per process: its maker may have been killed
 * before its fsync.
 */
export async function makeDirectories(path: string, root: string, sync: Sync = fsync): Promise<void> {
  if (path !== root) await makeDirectories(dirname(path), root, sync);
  try {
    const made = await mkdir(path, { mode: 0o700, recursive: path === root });
    if (path === root && made === undefined && durable.has(path)) return;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (durable.has(path)) return;
  }
  await syncDirectory(dirname(path), sync);
  durable.add(path);
}

/** Makes a file that is there, and its name, durable: another process may have died before it could. */
export async function syncExisting(path: string, sync: Sync = fsync): Promise<void> {
  const file = await open(path, 'r');
  try {
    await sync(file);
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path), sync);
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string, sync: Sync = fsync): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await sync(directory);
  } finally {
    await directory.close();
  }
}

async function writeAndClose(file: FileHandle, write: WriteContent, sync: Sync): Promise<void> {
  let closed = false;
  try {
    await write(file);
    try {
      await sync(file);
    } catch (error) {
      throw new SyncFailed(error instanceof Error ? error.message : String(error), { cause: error });
    }
    closed = true;
    // Network file systems report a failed write only here.
    await file.close();
  } finally {
    if (!closed) await file.close();
  }
}
