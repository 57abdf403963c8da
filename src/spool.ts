import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from './domain/size.ts';
import { bytes, type Bytes } from './domain/brands.ts';
import { MothballError } from './errors.ts';

/** Beside the archive itself, the raw bytes of one large message may lie in the spool. */
const factor = 1.1;

/** @throws `store` when the file system of the spool has no room for an archive of this much mail. */
export async function requireSpoolSpace(path: string, mail: Bytes): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const needed = Math.ceil(mail * factor);
  if (free >= needed) return;
  throw new MothballError(
    `the spool ${path} has ${formatBytes(bytes(free))} free and needs ${formatBytes(bytes(needed))}; nothing was archived or deleted. Free some space or set spool.path to another volume.`,
    { code: 'store', retryable: true },
  );
}

/**
 * The spool of one account. Its lock is held, so whatever lies there is left by a process that is
 * dead, and is removed.
 */
export async function emptySpool(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}
