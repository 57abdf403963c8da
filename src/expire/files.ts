import { sha256, type Sha256 } from '../domain/brands.ts';
import { isArchiveKey, isManifestKey } from '../format/archive-key.ts';
import type { Store, StoreObject } from '../ports/store.ts';

/** What was not done where a removal is refused as a whole. */
export const notRemoved = 'no archive was removed';

/** Everything in one directory of a store under one archive ID: the archive, its other names, its receipts. */
export interface ArchiveFiles {
  /** `<directory>/<id>`: what all the keys start with. */
  readonly stem: string;
  readonly id: Sha256;
  readonly manifests: readonly StoreObject[];
  readonly objects: readonly StoreObject[];
  readonly receipts: readonly StoreObject[];
}

const place = /^(.*\/[0-9a-f]{64})(?:-[0-9A-Za-z]+)*\./;

/**
 * What a store holds, one archive ID after the other: keys come in order, so that files of one ID
 * follow each other and memory does not grow with the store. Other files are skipped.
 */
export async function* archiveFiles(
  store: Pick<Store, 'list'>,
  prefix: string,
): AsyncGenerator<ArchiveFiles> {
  let stem: string | null = null;
  let group: StoreObject[] = [];
  for await (const object of store.list(prefix)) {
    const at = stemOf(object.key);
    if (at === null) continue;
    if (at !== stem && stem !== null) {
      yield sorted(stem, group);
      group = [];
    }
    stem = at;
    group.push(object);
  }
  if (stem !== null) yield sorted(stem, group);
}

/** The files that belong to the same ID as this key; null when there are none, or the key is not an archive's. */
export async function filesAt(store: Pick<Store, 'list'>, key: string): Promise<ArchiveFiles | null> {
  const stem = stemOf(key);
  if (stem === null) return null;
  for await (const files of archiveFiles(store, stem)) return files;
  return null;
}

/** The listing of an archive that has no files. */
export function noFiles({ id, key }: { readonly id: Sha256; readonly key: string }): ArchiveFiles {
  return { stem: stemOf(key) ?? key, id, manifests: [], objects: [], receipts: [] };
}

function stemOf(key: string): string | null {
  return place.exec(key)?.[1] ?? null;
}

function sorted(stem: string, group: readonly StoreObject[]): ArchiveFiles {
  const id = sha256(stem.slice(stem.lastIndexOf('/') + 1));
  const manifests = group.filter(({ key }) => isManifestKey(key));
  const objects = group.filter(({ key }) => isArchiveKey(key));
  const receipts = group.filter(({ key }) => key.includes('.receipts/'));
  return { stem, id, manifests, objects, receipts };
}
