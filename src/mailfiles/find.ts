import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorMessage, MothballError } from '../errors.ts';
import { flagsOfName, maildirKeywords } from '../format/mail-flags.ts';
import { decodeMailboxName } from '../format/mailbox-name.ts';
import type { FoundMail, MailFileKind } from '../ports/mail-files.ts';
import { startsLikeMbox } from './open.ts';

const mboxName = /(?:\.mbo?x)?(?:\.gz|\.zst)?$/i;
const surelyMbox = /\.mbo?x(?:\.gz|\.zst)?$/i;
const maildirParts = ['cur', 'new', 'tmp'];

/** Every file with mail at or below a path. Symbolic links below it are reported, never followed. */
export async function* findMail(path: string, kind: MailFileKind | null): AsyncGenerator<FoundMail> {
  let root: string;
  let directory: boolean;
  try {
    root = await realpath(path);
    directory = (await stat(root)).isDirectory();
  } catch (error) {
    throw new MothballError(
      { fact: `${path} can't be read (${errorMessage(error)})`, notDone: 'nothing was imported' },
      {
        code: 'usage',
        cause: error,
      },
    );
  }
  if (directory) {
    yield* new Walk(kind).below(root, []);
    return;
  }
  const found = kind ?? (await kindOfFile(root));
  if (found === null) {
    throw new MothballError(
      {
        fact: `${path} is neither an mbox file nor has a name that ends in .eml`,
        notDone: 'nothing was imported',
        remedy: 'Say what it is with --kind',
      },
      { code: 'usage' },
    );
  }
  yield { kind: 'file', file: { path: root, kind: found, folder: [], flags: flagsOfName(basename(root)) } };
}

/** Null: no mail. @throws when the file can't be read. */
async function kindOfFile(path: string): Promise<MailFileKind | null> {
  if (/\.eml$/i.test(path)) return 'eml';
  return surelyMbox.test(path) || (await startsLikeMbox(path)) ? 'mbox' : null;
}

class Walk {
  readonly #kind: MailFileKind | null;

  constructor(kind: MailFileKind | null) {
    this.#kind = kind;
  }

  async *below(directory: string, folder: readonly string[]): AsyncGenerator<FoundMail> {
    let entries: readonly Dirent[];
    try {
      entries = (await readdir(directory, { withFileTypes: true })).toSorted(byName);
    } catch (error) {
      yield { kind: 'fault', path: directory, reason: errorMessage(error) };
      return;
    }
    const maildir = this.#kind !== 'eml' && this.#kind !== 'mbox' && isMaildir(entries);
    if (maildir) yield* maildirMessages(directory, folder);
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) yield notFollowed(path);
      else if (entry.isFile() && !maildir) yield* this.#file(path, entry.name, folder);
    }
    for (const entry of entries) {
      if (!entry.isDirectory() || (maildir && maildirParts.includes(entry.name))) continue;
      const levels = entry.name.startsWith('.') ? dotted(entry.name, maildir) : [plain(entry.name)];
      if (levels !== null) yield* this.below(join(directory, entry.name), [...folder, ...levels]);
    }
  }

  async *#file(path: string, name: string, folder: readonly string[]): AsyncGenerator<FoundMail> {
    if (name.startsWith('.')) return;
    try {
      const kind = this.#kind ?? (await kindOfFile(path));
      if (kind === null || kind === 'maildir') yield { kind: 'other', path };
      else if (kind === 'eml') yield { kind: 'file', file: { path, kind, folder, flags: [] } };
      else {
        const level = name.replace(mboxName, '');
        yield { kind: 'file', file: { path, kind, folder: [...folder, level], flags: [] } };
      }
    } catch (error) {
      yield { kind: 'fault', path, reason: errorMessage(error) };
    }
  }
}

/** The messages of one Maildir: `cur` and `new`; what is in `tmp` was never delivered. */
async function* maildirMessages(directory: string, folder: readonly string[]): AsyncGenerator<FoundMail> {
  const keywords = maildirKeywords(
    await readFile(join(directory, 'dovecot-keywords'), 'utf8').catch(() => ''),
  );
  for (const part of ['cur', 'new']) {
    let entries: readonly Dirent[];
    try {
      entries = (await readdir(join(directory, part), { withFileTypes: true })).toSorted(byName);
    } catch (error) {
      yield { kind: 'fault', path: join(directory, part), reason: errorMessage(error) };
      continue;
    }
    for (const entry of entries) {
      const path = join(directory, part, entry.name);
      if (entry.isSymbolicLink()) yield notFollowed(path);
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const flags = flagsOfName(entry.name, keywords);
      yield { kind: 'file', file: { path, kind: 'maildir', folder, flags } };
    }
  }
}

function isMaildir(entries: readonly Dirent[]): boolean {
  const has = (name: string): boolean => entries.some((entry) => entry.isDirectory() && entry.name === name);
  return has('cur') && has('new');
}

/**
 * Maildir++ keeps the folder Sub/Folder as `.Sub.Folder`, in modified UTF-7, beside `cur` and `new`.
 * Null: another hidden directory.
 */
function dotted(name: string, maildir: boolean): readonly string[] | null {
  const levels = name.slice(1).split('.');
  if (!maildir || levels.includes('')) return null;
  return levels.map((level) => decodeMailboxName(Buffer.from(level)).replaceAll('/', '_'));
}

/** Thunderbird keeps the folders below Name in `Name.sbd`. */
function plain(name: string): string {
  return name.replace(/\.sbd$/, '');
}

function notFollowed(path: string): FoundMail {
  return { kind: 'fault', path, reason: 'it is a symbolic link, and those are not followed' };
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
