import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MothballError, systemFault } from '../errors.ts';
import { flagsOfName } from '../format/mail-flags.ts';
import { decodeMailboxName } from '../format/mailbox-name.ts';
import type { FoundMail, MailFileKind } from '../ports/mail-files.ts';
import { type FsPath, listDirectory, type ListedFile } from './listing.ts';
import { openContainer } from './container.ts';
import type { Foreign } from './foreign.ts';
import { fileTree, type MailTree } from './mail-tree.ts';
import { isMaildir, maildirMessages, maildirParts, notFollowed } from './maildir.ts';
import { isSharedStore, namedArchive, ownArchive, type OwnArchives, ownArchives } from './own-archives.ts';
import { mboxEnding, sniff } from './sniff.ts';

/** Every file with mail at or below a path. Symbolic links below it are reported, never followed. */
export async function* findMail(path: string, kind: MailFileKind | null): AsyncGenerator<FoundMail> {
  let root: string;
  let directory: boolean;
  try {
    root = await realpath(path);
    directory = (await stat(root)).isDirectory();
  } catch (error) {
    throw new MothballError(
      { fact: `${path} can't be read: ${systemFault(error)}`, notDone: 'nothing was imported' },
      {
        code: 'usage',
        cause: error,
      },
    );
  }
  if (directory) {
    yield* new Walk(kind, fileTree).below(root, { folder: [], apple: /\.(?:imap)?mbox$/i.test(root) });
    return;
  }
  const named = kind === null ? namedArchive(root, await listDirectory(dirname(root))) : null;
  if (named !== null) {
    yield ownArchive(named, false);
    return;
  }
  const sniffed = await sniff(root);
  if (typeof sniffed !== 'string' && sniffed.container !== undefined) {
    yield* new Walk(kind, fileTree).container(root, sniffed, { folder: [], apple: false });
    return;
  }
  const found = kind ?? sniffed;
  if (typeof found === 'string') {
    yield { kind: 'file', file: { path: root, kind: found, folder: [], flags: flagsOfName(basename(root)) } };
    return;
  }
  if (found.mail) {
    yield { kind: 'other', path: root, ...found };
    return;
  }
  throw new MothballError(
    {
      fact: `${path} is neither an mbox file nor has a name that ends in .eml`,
      notDone: 'nothing was imported',
      remedy: 'Say what it is with --kind',
    },
    { code: 'usage' },
  );
}

/** What programs put behind the name of what they pack. */
const archiveEnding = /(?:\.zip|\.tgz|\.tbz2?|\.txz|\.tar(?:\.(?:gz|zst|bz2|xz))?)$/i;

/** Where a walk is. */
interface Place {
  readonly folder: readonly string[];
  /** In a directory of Apple Mail: those that it uses for itself are no folders. */
  readonly apple: boolean;
  /** In a store of Mothball with archives of several accounts. */
  readonly several?: boolean;
}

const noArchives: OwnArchives = { objects: new Set(), parts: new Set() };

class Walk {
  readonly #kind: MailFileKind | null;
  readonly #tree: MailTree;

  constructor(kind: MailFileKind | null, tree: MailTree) {
    this.#kind = kind;
    this.#tree = tree;
  }

  /** What is in a tar or zip archive, as if it was a directory. */
  async *container(
    path: FsPath,
    { container = 'zip', what }: Foreign,
    place: Place,
  ): AsyncGenerator<FoundMail> {
    if (this.#tree.inside) {
      yield { kind: 'other', path: this.#tree.shown(path), what: `${what} inside of another`, mail: true };
      return;
    }
    try {
      await using open = await openContainer(path, container);
      const found: FoundMail[] = [...open.faults];
      for await (const one of new Walk(this.#kind, open.tree).below('', place)) found.push(one);
      yield* open.inOrder(found);
    } catch (error) {
      yield { kind: 'fault', path: this.#tree.shown(path), reason: systemFault(error) };
    }
  }

  async *below(directory: FsPath, place: Place): AsyncGenerator<FoundMail> {
    const tree = this.#tree;
    let entries: readonly ListedFile[];
    let maildir: boolean;
    try {
      entries = await tree.list(directory);
      maildir =
        this.#kind !== 'eml' &&
        this.#kind !== 'mbox' &&
        (await isMaildir(tree, directory, entries, this.#kind === 'maildir'));
    } catch (error) {
      yield { kind: 'fault', path: tree.shown(directory), reason: systemFault(error) };
      return;
    }
    if (maildir) yield* maildirMessages(tree, directory, entries, place.folder);
    const own = this.#kind === null && !tree.inside ? ownArchives(entries) : noArchives;
    const shared = place.several ?? isSharedStore(entries);
    for (const { name, path, kind } of entries) {
      if (own.parts.has(name)) continue;
      if (own.objects.has(name)) yield ownArchive(path, shared);
      else if (kind === 'link') yield notFollowed(tree.shown(path));
      else if (kind === 'file') yield* this.#file(path, name, place);
      else if (kind === 'special')
        yield { kind: 'other', path: tree.shown(path), what: 'special file', mail: false };
    }
    for (const { name, path, kind } of entries) {
      if (kind !== 'directory' || (maildir && maildirParts.includes(name)) || own.parts.has(name)) continue;
      const next = await nextPlace(tree, { path, name, inMaildir: maildir }, place);
      yield* this.below(path, shared ? { ...next, several: true } : next);
    }
  }

  async *#file(path: FsPath, name: string, { folder, apple }: Place): AsyncGenerator<FoundMail> {
    const tree = this.#tree;
    try {
      const found = await tree.sniff(path);
      if (typeof found !== 'string' && found.container !== undefined) {
        yield* this.container(path, found, {
          folder: [...folder, name.replace(archiveEnding, '') || name],
          apple: false,
        });
        return;
      }
      // A named kind is that of all files but the hidden ones.
      const wanted = this.#kind !== null && this.#kind !== 'maildir' && !name.startsWith('.');
      const kind = wanted && this.#kind !== null ? this.#kind : found;
      if (typeof kind !== 'string')
        yield { kind: 'other', path: tree.shown(path), what: kind.what, mail: kind.mail };
      else if (kind !== 'mbox')
        yield { kind: 'file', file: { ...tree.fields(path), kind, folder, flags: [] } };
      else {
        const level = name.replace(mboxEnding, '').replace(/^\.+(?=.)/, '');
        const inApple = apple && /^mbox$/i.test(name);
        const levels = inApple ? folder : [...folder, level === '' ? name : level];
        yield { kind: 'file', file: { ...tree.fields(path), kind, folder: levels, flags: [] } };
      }
    } catch (error) {
      yield { kind: 'fault', path: tree.shown(path), reason: systemFault(error) };
    }
  }
}

/** Directories of Apple Mail within that of a folder. */
const appleParts = /^(?:messages|data|attachments|\d+|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})$/i;

async function nextPlace(
  tree: MailTree,
  { path, name, inMaildir }: { readonly path: FsPath; readonly name: string; readonly inMaildir: boolean },
  { folder, apple }: Place,
): Promise<Place> {
  if (apple && appleParts.test(name)) return { folder, apple };
  const plain = name.replace(/\.(?:sbd|(?:imap)?mbox)$/i, '') || name;
  const next = (...levels: readonly string[]): Place => ({
    folder: [...folder, ...levels],
    apple: /\.(?:imap)?mbox$/i.test(name),
  });
  if (name.startsWith('.')) {
    const levels = name.slice(1).split('.');
    const dotted = inMaildir || (await holdsMaildir(tree, path));
    // Maildir++ keeps the folder Sub/Folder as `.Sub.Folder`, in modified UTF-7.
    if (dotted && !levels.includes('')) return next(...levels.map(decoded));
    return next(plain.replace(/^\.+(?=.)/, ''));
  }
  return next(name.includes('&') && (await holdsMaildir(tree, path)) ? decoded(name) : plain);
}

async function holdsMaildir(tree: MailTree, path: FsPath): Promise<boolean> {
  try {
    return await isMaildir(tree, path, await tree.list(path), true);
  } catch {
    // The walk reports it.
    return false;
  }
}

function decoded(level: string): string {
  const name = decodeMailboxName(Buffer.from(level));
  // Not modified UTF-7: as it is.
  return /[\uf700-\uf7ff]/.test(name) ? level : name.replaceAll('/', '_');
}
