import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes } from '../domain/brands.ts';
import type { StoreObject } from '../ports/store.ts';
import { systemCode } from './durable-file.ts';
import { isKeySegment, isStoreKey } from './store-key.ts';

/** Objects whose key starts with the prefix, in key order. Other files are skipped. */
export async function* listLocal(root: string, prefix: string): AsyncGenerator<StoreObject> {
  yield* walk(root, '', prefix);
}

async function* walk(root: string, directory: string, prefix: string): AsyncGenerator<StoreObject> {
  for (const entry of await entries(join(root, directory))) {
    const key = directory + entry;
    // Only what the prefix can still reach, or what it already covers.
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
    if (entry.endsWith('/')) yield* walk(root, key, prefix);
    else if (key.startsWith(prefix) && isStoreKey(key)) yield* object(root, key);
  }
}

/** Names in key order: a directory sorts with its slash, so that `a-b` comes before `a/c`. */
async function entries(path: string): Promise<readonly string[]> {
  try {
    const found = await readdir(path, { withFileTypes: true });
    return found
      .filter((entry) => isKeySegment(entry.name) && (entry.isDirectory() || entry.isFile()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .toSorted();
  } catch (error) {
    // Removed since its parent was read, or a prefix that nothing has.
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function* object(root: string, key: string): AsyncGenerator<StoreObject> {
  try {
    const { size, mtime } = await lstat(join(root, key));
    yield { key, bytes: bytes(size), version: null, modified: mtime };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
