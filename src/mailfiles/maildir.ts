import { readFile } from 'node:fs/promises';
import { errorMessage } from '../errors.ts';
import { flagsOfName, maildirKeywords } from '../format/mail-flags.ts';
import type { FoundMail } from '../ports/mail-files.ts';
import { isExported } from './exported.ts';
import { below, type ListedFile, type FsPath, listDirectory, pathFields, shownPath } from './listing.ts';
import { isMessage } from './sniff.ts';

export const maildirParts: readonly string[] = ['cur', 'new', 'tmp'];

/** Files that are looked at to find out whether a `cur` or `new` alone is a Maildir. */
const looks = 20;

/**
 * Whether a directory is a Maildir: it has `cur` and `new`, or one of them with what looks like mail (copies and
 * version control lose empty directories). `named`: someone says so, one of them is enough.
 */
export async function isMaildir(
  directory: FsPath,
  entries: readonly ListedFile[],
  named: boolean,
): Promise<boolean> {
  const has = (name: string): boolean =>
    entries.some((entry) => entry.kind === 'directory' && entry.name === name);
  const part = has('cur') ? 'cur' : 'new';
  if (!has(part)) return false;
  if (named || (part === 'cur' && has('new'))) return true;
  const files = (await listDirectory(below(directory, part))).filter(
    ({ kind, name }) =>
      kind === 'file' &&
      !name.startsWith('.') &&
      (part === 'cur' ? !isExported(name) : !/\.eml$/i.test(name)),
  );
  for (const { name, path } of files.slice(0, looks))
    if (/^\d+\.|[:;!]2,/.test(name) || (await isMessage(path))) return true;
  return false;
}

/** The messages of one Maildir: `cur` and `new`; what is in `tmp` was never delivered. */
export async function* maildirMessages(
  directory: FsPath,
  entries: readonly ListedFile[],
  folder: readonly string[],
): AsyncGenerator<FoundMail> {
  const keywords = maildirKeywords(
    await readFile(below(directory, 'dovecot-keywords'), 'utf8').catch(() => ''),
  );
  for (const part of maildirParts)
    if (entries.some((entry) => entry.kind === 'directory' && entry.name === part))
      yield* messagesIn(below(directory, part), folder, part === 'tmp' ? null : keywords);
}

/** `keywords` null: nothing in it is mail. Directories in it become folders. */
async function* messagesIn(
  directory: FsPath,
  folder: readonly string[],
  keywords: ReadonlyMap<number, string> | null,
): AsyncGenerator<FoundMail> {
  let entries: readonly ListedFile[];
  try {
    entries = await listDirectory(directory);
  } catch (error) {
    yield { kind: 'fault', path: shownPath(directory), reason: errorMessage(error) };
    return;
  }
  for (const { name, path, kind } of entries) {
    const shown = shownPath(path);
    if (kind === 'link') yield notFollowed(shown);
    else if (kind === 'directory') yield* messagesIn(path, [...folder, name], keywords);
    else if (kind === 'special') yield { kind: 'other', path: shown, what: 'special file', mail: false };
    else if (name.startsWith('.')) yield { kind: 'other', path: shown, what: 'hidden file', mail: false };
    else if (keywords === null)
      yield { kind: 'other', path: shown, what: 'never delivered (tmp)', mail: false };
    else
      yield {
        kind: 'file',
        file: { ...pathFields(path), kind: 'maildir', folder, flags: flagsOfName(name, keywords) },
      };
  }
}

export function notFollowed(path: string): FoundMail {
  return { kind: 'fault', path, reason: 'it is a symbolic link, and those are not followed' };
}
