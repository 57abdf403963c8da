import { errorMessage } from '../errors.ts';
import { flagsOfName, maildirKeywords } from '../format/mail-flags.ts';
import type { FoundMail } from '../ports/mail-files.ts';
import { isExported } from './exported.ts';
import { below, type FsPath, type ListedFile, packed } from './listing.ts';
import type { MailTree } from './mail-tree.ts';

export const maildirParts: readonly string[] = ['cur', 'new', 'tmp'];

/** Files that are looked at to find out whether a `cur` or `new` alone is a Maildir. */
const looks = 20;

/**
 * Whether a directory is a Maildir: it has `cur` and `new`, or one of them with what looks like mail (copies and
 * version control lose empty directories). `named`: someone says so, one of them is enough.
 */
export async function isMaildir(
  tree: MailTree,
  directory: FsPath,
  entries: readonly ListedFile[],
  named: boolean,
): Promise<boolean> {
  const has = (name: string): boolean =>
    entries.some((entry) => entry.kind === 'directory' && entry.name === name);
  const part = has('cur') ? 'cur' : 'new';
  if (!has(part)) return false;
  if (named || (part === 'cur' && has('new'))) return true;
  const files = (await tree.list(below(directory, part))).filter(
    ({ kind, name }) =>
      kind === 'file' &&
      !name.startsWith('.') &&
      (part === 'cur' ? !isExported(name) : !/\.eml$/i.test(name)),
  );
  for (const { name, path } of files.slice(0, looks))
    if (/^\d+\.|[:;!]2,/.test(name) || (await isMessage(tree, path))) return true;
  return false;
}

/** The messages of one Maildir: `cur` and `new`; what is in `tmp` was never delivered. */
export async function* maildirMessages(
  tree: MailTree,
  directory: FsPath,
  entries: readonly ListedFile[],
  folder: readonly string[],
): AsyncGenerator<FoundMail> {
  const keywords = maildirKeywords(await tree.text(below(directory, 'dovecot-keywords')).catch(() => ''));
  for (const part of maildirParts)
    if (entries.some((entry) => entry.kind === 'directory' && entry.name === part))
      yield* messagesIn(tree, below(directory, part), { folder, keywords: part === 'tmp' ? null : keywords });
}

interface MaildirPart {
  readonly folder: readonly string[];
  readonly keywords: ReadonlyMap<number, string> | null;
}

/** Whether a file may be a message of a Maildir. */
async function isMessage(tree: MailTree, path: FsPath): Promise<boolean> {
  const kind = await tree.sniff(path);
  return typeof kind === 'string' || kind.mail;
}

/** The same of a file that no mail program takes for one. */
async function isMail(tree: MailTree, path: FsPath): Promise<boolean> {
  try {
    return await isMessage(tree, path);
  } catch {
    return false;
  }
}

/** `keywords` null: nothing in it is mail. Directories in it become folders. */
async function* messagesIn(
  tree: MailTree,
  directory: FsPath,
  { folder, keywords }: MaildirPart,
): AsyncGenerator<FoundMail> {
  // There may be 200,000, and all of them are in memory while their mail is read.
  let list: Iterable<ListedFile>;
  try {
    list = packed(directory, await tree.list(directory));
  } catch (error) {
    yield { kind: 'fault', path: tree.shown(directory), reason: errorMessage(error) };
    return;
  }
  for (const { name, path, kind } of list) {
    const shown = tree.shown(path);
    if (kind === 'link') yield notFollowed(shown);
    else if (kind === 'directory') yield* messagesIn(tree, path, { folder: [...folder, name], keywords });
    else if (kind === 'special') yield { kind: 'other', path: shown, what: 'special file', mail: false };
    else if (name.startsWith('.'))
      yield { kind: 'other', path: shown, what: 'hidden file', mail: await isMail(tree, path) };
    else if (keywords === null)
      yield { kind: 'other', path: shown, what: 'never delivered (tmp)', mail: false };
    else
      yield {
        kind: 'file',
        file: { ...tree.fields(path), kind: 'maildir', folder, flags: flagsOfName(name, keywords) },
      };
  }
}

export function notFollowed(path: string): FoundMail {
  return { kind: 'fault', path, reason: 'it is a symbolic link, and those are not followed' };
}
