import { Buffer } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A path as the file system has it: bytes where they are not UTF-8. */
export type FsPath = string | Buffer;

export interface ListedFile {
  /** In Latin-1 where it is not UTF-8. */
  readonly name: string;
  readonly path: FsPath;
  readonly kind: 'file' | 'directory' | 'link' | 'special';
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A directory may hold 200,000 files, and all of them are in memory at once: their paths are made when needed. */
class Listed implements ListedFile {
  readonly name: string;
  readonly kind: ListedFile['kind'];
  readonly #directory: string;

  constructor(directory: string, name: string, kind: ListedFile['kind']) {
    this.name = name;
    this.kind = kind;
    this.#directory = directory;
  }

  get path(): string {
    return join(this.#directory, this.name);
  }
}

const kinds: readonly ListedFile['kind'][] = ['file', 'directory', 'link', 'special'];

/** A long list in two strings, which take a quarter of the memory of its strings and objects. */
class PackedList implements Iterable<ListedFile> {
  readonly #directory: string;
  readonly #names: string;
  readonly #kinds: string;

  constructor(directory: string, listed: readonly ListedFile[]) {
    this.#directory = directory;
    this.#names = listed.map(({ name }) => `${name}/`).join('');
    this.#kinds = listed.map(({ kind }) => kinds.indexOf(kind)).join('');
  }

  *[Symbol.iterator](): Generator<ListedFile> {
    for (let at = 0, number = 0; at < this.#names.length; number += 1) {
      const end = this.#names.indexOf('/', at);
      const kind = kinds[Number(this.#kinds[number])] ?? 'special';
      yield new Listed(this.#directory, this.#names.slice(at, end), kind);
      at = end + 1;
    }
  }
}

/** The same list in less memory, where it is one of the file system. */
export function packed(directory: FsPath, listed: readonly ListedFile[]): Iterable<ListedFile> {
  const plain = typeof directory === 'string' && listed.every((one) => one instanceof Listed);
  return plain ? new PackedList(directory, listed) : listed;
}

/** What is in a directory, by name. @throws when it can't be read. */
export async function listDirectory(directory: FsPath): Promise<readonly ListedFile[]> {
  const listed =
    (typeof directory === 'string' ? await listText(directory) : null) ?? (await listBytes(directory));
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Null: some name is not UTF-8. */
async function listText(directory: string): Promise<ListedFile[] | null> {
  const listed: ListedFile[] = [];
  // One after the other: all entries at once would take as much memory again.
  for await (const entry of await opendir(directory)) {
    if (entry.name.includes('\ufffd')) return null;
    listed.push(new Listed(directory, entry.name, kindOf(entry)));
  }
  return listed;
}

async function listBytes(directory: FsPath): Promise<ListedFile[]> {
  const entries = await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
  return entries.map((entry): ListedFile => {
    const { name, isUtf8 } = nameOf(entry.name);
    const raw = Buffer.concat([Buffer.from(directory), Buffer.from('/'), entry.name]);
    const path = isUtf8 && typeof directory === 'string' ? join(directory, name) : raw;
    return { name, path, kind: kindOf(entry) };
  });
}

function kindOf(entry: Pick<Dirent, 'isSymbolicLink' | 'isDirectory' | 'isFile'>): ListedFile['kind'] {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : 'special';
}

/** For people. */
export function shownPath(path: FsPath): string {
  return typeof path === 'string' ? path : nameOf(path).name;
}

/** A path below a directory. */
export function below(directory: FsPath, name: string): FsPath {
  return typeof directory === 'string'
    ? join(directory, name)
    : Buffer.concat([directory, Buffer.from(`/${name}`)]);
}

/** The fields of a file that name it. */
export function pathFields(path: FsPath): { readonly path: string; readonly rawPath?: Uint8Array } {
  return typeof path === 'string' ? { path } : { path: shownPath(path), rawPath: path };
}

function nameOf(bytes: Buffer): { readonly name: string; readonly isUtf8: boolean } {
  try {
    return { name: utf8.decode(bytes), isUtf8: true };
  } catch {
    return { name: bytes.toString('latin1'), isUtf8: false };
  }
}
