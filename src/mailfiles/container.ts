import { basename } from 'node:path';
import { Buffer } from 'node:buffer';
import { MothballError, systemFault } from '../errors.ts';
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
  const { fault } = source;
  const cut: readonly FoundMail[] =
    fault === null ? [] : [{ kind: 'fault', path: shown, reason: systemFault(fault) }];
  return {
    tree,
    faults: [...tree.faults, ...cut],
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
    let fault: Error | null = null;
    try {
      for (let next = await source.next(); next.done !== true; next = await source.next())
        parts.push(Buffer.from(next.value));
    } catch (error) {
      if (parts.length === 0 || !(error instanceof Error)) throw error;
      fault = error;
    }
    const content = openContent(Buffer.concat(parts), inside.modified);
    return { ...content, chunks: () => cutShort(content.chunks(), fault), close };
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

/** What could be read, then why it ends there. */
async function* cutShort(chunks: AsyncIterable<Uint8Array>, fault: Error | null): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (fault !== null) throw fault;
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

/**
 * The entries as directories and files. Paths are names within the archive; where several entries have the same
 * name, each is a file of its own: exporters give one name to many messages.
 */
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
      .replaceAll('\0', '\ufffd')
      .split('/')
      .filter((level) => level !== '' && level !== '.');
    const name = levels.pop();
    if (name === undefined) return;
    if (name === '..' || levels.includes('..')) {
      this.faults.push({
        kind: 'fault',
        path: this.shown(entry.name),
        reason: 'its name leads out of the archive',
      });
      return;
    }
    let parent = '';
    for (const level of levels) {
      const path = within(parent, level);
      // A directory is beside a file of its name: a mail program has both.
      this.#directories.get(parent)?.set(`${level}/`, { name: level, path, kind: 'directory' });
      if (!this.#directories.has(path)) this.#directories.set(path, new Map());
      parent = path;
    }
    let path = within(parent, name);
    for (let copy = 2; this.#files.has(path); copy += 1) path = `${within(parent, name)}\0${copy}`;
    this.#directories.get(parent)?.set(path, { name, path, kind: entry.kind });
    this.#files.set(path, entry);
  }

  async list(directory: FsPath): Promise<readonly ListedFile[]> {
    const listed = this.#directories.get(String(directory).replace(/^\//, ''));
    return [...(listed?.values() ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async sniff(path: FsPath): Promise<MailFile['kind'] | Foreign> {
    const entry = this.#entry(path);
    return entry.kindOfMail ?? sniffContent(await firstOf(entry), basename(named(path)));
  }

  async text(path: FsPath): Promise<string> {
    const entry = this.#files.get(String(path));
    if (entry === undefined || entry.size > smallText) return '';
    const content = await openInside(new Entry(entry));
    return Buffer.from(await content.readAt(0, smallText)).toString('utf8');
  }

  shown(path: FsPath): string {
    return path === '' ? this.#shown : `${this.#shown}/${named(path)}`;
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

function within(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

/** Without the mark of an entry that is not the first of its name. */
function named(path: FsPath): string {
  return String(path).replace(/\0\d+$/, '');
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
