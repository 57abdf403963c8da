import { basename, dirname, join } from 'node:path';
import {
  isArchiveKey,
  isEncryptedKey,
  isManifestKey,
  manifestKey,
  receiptPrefix,
} from '../format/archive-key.ts';
import { readAll } from '../format/read-all.ts';
import type { FoundMail } from '../ports/mail-files.ts';
import { type FsPath, type ListedFile, shownPath } from './listing.ts';
import { chunk, openHandle } from './open.ts';

/** What Mothball keeps in a directory beside archives. */
const storeDirectory = '.mothball';

/** Archives of Mothball in one directory, and what belongs to them. */
export interface OwnArchives {
  /** Names of objects that have their manifest beside them. */
  readonly objects: ReadonlySet<string>;
  /** Names of everything else that is read with them, or says nothing about mail. */
  readonly parts: ReadonlySet<string>;
}

export function ownArchives(entries: readonly ListedFile[]): OwnArchives {
  const names = new Set(entries.map(({ name }) => name));
  const objects = new Set([...names].filter((name) => isArchiveKey(name) && names.has(manifestKey(name))));
  const parts = [...objects].flatMap((name) => [manifestKey(name), receiptPrefix(name).slice(0, -1)]);
  return { objects, parts: new Set([...parts, ...(names.has(storeDirectory) ? [storeDirectory] : [])]) };
}

/** Whether the directory is a store that has archives of several accounts: each has a directory of its own. */
export function isSharedStore(entries: readonly ListedFile[]): boolean {
  const own = entries.filter(({ name, kind }) => kind === 'directory' && !name.startsWith('.'));
  return own.length > 1 && entries.some(({ name }) => name === storeDirectory);
}

/** A file that was named: where it is an object or a manifest of an archive, the object; else null. */
export function namedArchive(path: string, entries: readonly ListedFile[]): string | null {
  const name = basename(path);
  if (!isArchiveKey(name) && !isManifestKey(name)) return null;
  const object = [...ownArchives(entries).objects].find((one) => one === name || manifestKey(one) === name);
  return object === undefined ? null : join(dirname(path), object);
}

/** An archive by the path of its object. */
export function ownArchive(path: FsPath, several: boolean): FoundMail {
  const shown = shownPath(path);
  if (isEncryptedKey(shown)) return { kind: 'other', path: shown, what: encrypted, mail: true };
  const manifest = typeof path === 'string' ? manifestKey(path) : null;
  // Names of archives are ASCII; a directory above them need not be UTF-8.
  if (manifest === null)
    return { kind: 'fault', path: shown, reason: 'the path of this archive is not UTF-8: move it' };
  return {
    kind: 'archive',
    path: shown,
    archive: {
      path: shown,
      several,
      manifest: async () => await readAll(readRange(manifest)),
      read: (range) => readRange(path, range),
    },
  };
}

const encrypted =
  'encrypted archive of Mothball (write its mail with `mothball export --identity FILE`, and import that)';

async function* readRange(
  path: FsPath,
  range?: { readonly offset: number; readonly length: number },
): AsyncGenerator<Uint8Array> {
  await using handle = await openHandle(path);
  const end = range === undefined ? Number.POSITIVE_INFINITY : range.offset + range.length;
  for (let at = range?.offset ?? 0; at < end;) {
    // Each piece is memory of its own, which the reader may free.
    const piece = new Uint8Array(Math.min(chunk, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
