import { lstat, readdir, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { bytes } from '../domain/brands.ts';
import type { StoreObject } from '../ports/store.ts';
import { syncDirectory, systemCode } from './durable-file.ts';
import { partialSuffix } from './store-key.ts';

/**
 * Files that a crash left in the making below a prefix, last written before then, in key order. None of them was
 * ever an object: an object appears under its name complete, and its partial file goes.
 */
export async function localLeftovers(
  root: string,
  prefix: string,
  before: Date,
  remove: boolean,
): Promise<readonly StoreObject[]> {
  const found: StoreObject[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(partialSuffix)) continue;
    const path = join(entry.parentPath, entry.name);
    const key = relative(root, path);
    if (!key.startsWith(prefix)) continue;
    try {
      const { size, mtime } = await lstat(path);
      if (mtime.getTime() >= before.getTime()) continue;
      if (remove) {
        await unlink(path);
        await syncDirectory(dirname(path));
      }
      found.push({ key, bytes: bytes(size), modified: mtime });
    } catch (error) {
      // Its writer has finished meanwhile.
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
