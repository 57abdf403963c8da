import { basename } from 'node:path';
import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import type { FoundMail, InsideArchive, MailFile } from '../ports/mail-files.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import type { Foreign } from './foreign.ts';
import { type FsPath, type ListedFile, shownPath } from './listing.ts';
import type { MailTree } from './mail-tree.ts';
import { chunk, openContent, type MailContent } from './open.ts';
import { sniffContent } from './sniff.ts';

/** An archive that is looked into as a directory. Its mail can be read until it is disposed. */
export interface Container extends AsyncDisposable {
  readonly tree: MailTree;
  /** Entries whose names can't be used. */
  readonly faults: readonly FoundMail[];
  /** The same, folder by folder, as it is read fastest. */
  inOrder(found: readonly FoundMail[]): readonly FoundMail[];
}

/** A file of up to this many bytes is held in memory while it is read, so that it can be looked into. */
const inMemory = 64 * 1024 * 1024;
const smallText = 1024 * 1024;

/** Opens an archive; nothing of it is unpacked. @throws when it can't be read. */
export async function openContainer(path: FsPath, kind: 'tar' | 'zip'): Promise<Container> {
  // Few need these libraries: they are loaded when they are.
  const source =
    kind === 'zip'
      ? await (await import('./zip.ts')).openZip(path)
      : await (await import('./tar.ts')).openTar(path);
  const shown = shownPath(path);
  const tree = new EntryTree(shown, source.entries);
  return {
    tree,
    faults: tree.faults,
    inOrder: (found) => ordered(found),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** The content of a file inside of an archive. */
export async function openInside(inside: InsideArchive): Promise<MailContent> {
  const source = (await inside.open())[Symbol.asyncIterator]();
  const close = async (): Promise<void> => void (await source.return?.());
  if (inside.size <= inMemory) {
    const parts: Buffer[] = [];
    for (let next = await source.next(); next.done !== true; next = await source.next())
      parts.push(Buffer.from(next.value));
    return { ...openContent(Buffer.concat(parts), inside.modified), close };
  }
  const first = await source.next();
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  return {
    size: inside.size,
    modified: inside.modified,
    readAt: async (offset, length) => head.subarray(offset, offset + length),
    async *chunks() {
      yield head;
      for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
    },
    look: null,
    close,
  };
}

/** Files of one folder together, folders and files by their place in the archive. */
function ordered(found: readonly FoundMail[]): readonly FoundMail[] {
  const folders = new Map<string, FoundMail[]>();
  const rest: FoundMail[] = [];
  const place = (one: FoundMail): number =>
    one.kind === 'file' && one.file.inside instanceof Entry ? one.file.inside.order : 0;
  for (const one of found) {
    if (one.kind !== 'file') {
      rest.push(one);
      continue;
    }
    const key = one.file.folder.join('\0');
    const known = folders.get(key) ?? [];
    known.push(one);
    folders.set(key, known);
  }
  const groups = [...folders.values()].map((group) => group.toSorted((a, b) => place(a) - place(b)));
  const first = (group: readonly FoundMail[]): number => (group[0] === undefined ? 0 : place(group[0]));
  return [...rest, ...groups.toSorted((a, b) => first(a) - first(b)).flat()];
}

class Entry implements InsideArchive {
  readonly #entry: ArchiveEntry;

  constructor(entry: ArchiveEntry) {
    this.#entry = entry;
  }

  get size(): number {
    return this.#entry.size;
  }

  get modified(): Date {
    return this.#entry.modified;
  }

  get order(): number {
    return this.#entry.order;
  }

  open(): Promise<AsyncIterable<Uint8Array>> {
    return this.#entry.read();
  }
}

/** The entries as directories and files. Paths are names within the archive. */
class EntryTree implements MailTree {
  readonly inside = true;
  readonly faults: FoundMail[] = [];
  readonly #shown: string;
  readonly #files = new Map<string, ArchiveEntry>();
  readonly #directories = new Map<string, Map<string, ListedFile>>([['', new Map()]]);

  constructor(shown: string, entries: readonly ArchiveEntry[]) {
    this.#shown = shown;
    for (const entry of entries) this.#add(entry);
  }

  #add(entry: ArchiveEntry): void {
    const levels = entry.name
      .replaceAll('\\', '/')
      .split('/')
      .filter((level) => level !== '' && level !== '.');
    if (levels.length === 0) return;
    if (levels.includes('..')) {
      this.faults.push({
        kind: 'fault',
        path: this.shown(entry.name),
        reason: 'its name leads out of the archive',
      });
      return;
    }
    let parent = '';
    for (const [index, name] of levels.entries()) {
      const path = parent === '' ? name : `${parent}/${name}`;
      const last = index === levels.length - 1;
      const listed = this.#directories.get(parent);
      const kind = last ? entry.kind : 'directory';
      const known = listed?.get(name);
      // The later of two of the same name is the one that unpacking leaves.
      if (known === undefined || (known.kind === kind && last)) listed?.set(name, { name, path, kind });
      if (last) this.#files.set(path, entry);
      else if (!this.#directories.has(path)) this.#directories.set(path, new Map());
      parent = path;
    }
  }

  async list(directory: FsPath): Promise<readonly ListedFile[]> {
    const listed = this.#directories.get(String(directory).replace(/^\//, ''));
    return [...(listed?.values() ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async sniff(path: FsPath): Promise<MailFile['kind'] | Foreign> {
    const entry = this.#entry(path);
    return entry.kindOfMail ?? sniffContent(await firstOf(entry), basename(String(path)));
  }

  async text(path: FsPath): Promise<string> {
    const entry = this.#files.get(String(path));
    if (entry === undefined || entry.size > smallText) return '';
    const content = await openInside(new Entry(entry));
    return Buffer.from(await content.readAt(0, smallText)).toString('utf8');
  }

  shown(path: FsPath): string {
    return path === '' ? this.#shown : `${this.#shown}/${String(path)}`;
  }

  fields(path: FsPath): Pick<MailFile, 'path' | 'inside'> {
    return { path: this.shown(path), inside: new Entry(this.#entry(path)) };
  }

  #entry(path: FsPath): ArchiveEntry {
    const entry = this.#files.get(String(path));
    if (entry !== undefined) return entry;
    throw new MothballError({ fact: `${this.shown(path)} is not in the archive` }, { code: 'missing' });
  }
}

/** Enough of it to know what it is. */
async function firstOf(entry: ArchiveEntry): Promise<MailContent> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const piece of await entry.read()) {
    parts.push(Buffer.from(piece));
    length += piece.length;
    if (length >= chunk) break;
  }
  return openContent(Buffer.concat(parts), entry.modified);
}
