import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes } from '../domain/brands.ts';
import type { StoreObject } from '../ports/store.ts';
import { type Sync, syncDirectory, systemCode } from './durable-file.ts';
import { partialSuffix } from './store-key.ts';

/**
 * Files that a crash left in the making below a prefix, last written before then. None of them was
 * ever an object: an object appears under its name complete, and its partial file goes. Without
 * `removeWith` they are only listed.
 */
export async function localLeftovers(
  root: string,
  prefix: string,
  before: Date,
  removeWith: Sync | null,
): Promise<readonly StoreObject[]> {
  const found: StoreObject[] = [];
  for await (const object of walk(root, '', prefix)) {
    if (object.modified.getTime() >= before.getTime()) continue;
    if (removeWith !== null) await removeDurably(root, object.key, removeWith);
    found.push(object);
  }
  return found;
}

type Dated = StoreObject & { readonly modified: Date };

/** One directory at a time, so that memory does not grow with the store. */
async function* walk(root: string, directory: string, prefix: string): AsyncGenerator<Dated> {
  const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(ignoreMissing);
  for (const entry of entries ?? []) {
    const key = `${directory}${entry.name}`;
    const inside = `${key}/`;
    if (entry.isDirectory() && (inside.startsWith(prefix) || prefix.startsWith(inside)))
      yield* walk(root, inside, prefix);
    if (!entry.isFile() || !key.endsWith(partialSuffix) || !key.startsWith(prefix)) continue;
    // Its writer may have finished meanwhile.
    const status = await lstat(join(root, key)).catch(ignoreMissing);
    if (status !== null) yield { key, bytes: bytes(status.size), version: null, modified: status.mtime };
  }
}

async function removeDurably(root: string, key: string, sync: Sync): Promise<void> {
  const path = join(root, key);
  await unlink(path).catch(ignoreMissing);
  await syncDirectory(join(path, '..'), sync);
}

function ignoreMissing(error: unknown): null {
  if (systemCode(error) === 'ENOENT') return null;
  throw error;
}
