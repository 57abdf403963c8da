import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../errors.ts';
import { flagsOfName, maildirKeywords } from '../format/mail-flags.ts';
import type { FoundMail } from '../ports/mail-files.ts';
import { isMessage } from './sniff.ts';

export const maildirParts: readonly string[] = ['cur', 'new', 'tmp'];

/** Files that are looked at to find out whether a `cur` or `new` alone is a Maildir. */
const looks = 20;

/**
 * Whether a directory is a Maildir: it has `cur` and `new`, or one of them with what looks like mail (copies and
 * version control lose empty directories). `named`: someone says so, one of them is enough.
 */
export async function isMaildir(
  directory: string,
  entries: readonly Dirent[],
  named: boolean,
): Promise<boolean> {
  const has = (name: string): boolean => entries.some((entry) => entry.isDirectory() && entry.name === name);
  const part = has('cur') ? 'cur' : 'new';
  if (!has(part)) return false;
  if (named || (part === 'cur' && has('new'))) return true;
  const files = (await readdir(join(directory, part), { withFileTypes: true })).filter(
    (entry) =>
      entry.isFile() && !entry.name.startsWith('.') && (part === 'cur' || !/\.eml$/i.test(entry.name)),
  );
  for (const { name } of files.slice(0, looks))
    if (/^\d+\.|[:;!]2,/.test(name) || (await isMessage(join(directory, part, name)))) return true;
  return false;
}

/** The messages of one Maildir: `cur` and `new`; what is in `tmp` was never delivered. */
export async function* maildirMessages(
  directory: string,
  entries: readonly Dirent[],
  folder: readonly string[],
): AsyncGenerator<FoundMail> {
  const keywords = maildirKeywords(
    await readFile(join(directory, 'dovecot-keywords'), 'utf8').catch(() => ''),
  );
  for (const part of maildirParts)
    if (entries.some((entry) => entry.isDirectory() && entry.name === part))
      yield* messagesIn(join(directory, part), folder, part === 'tmp' ? null : keywords);
}

/** `keywords` null: nothing in it is mail. Directories in it become folders. */
async function* messagesIn(
  directory: string,
  folder: readonly string[],
  keywords: ReadonlyMap<number, string> | null,
): AsyncGenerator<FoundMail> {
  let entries: readonly Dirent[];
  try {
    entries = (await readdir(directory, { withFileTypes: true })).toSorted(byName);
  } catch (error) {
    yield { kind: 'fault', path: directory, reason: errorMessage(error) };
    return;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) yield notFollowed(path);
    else if (entry.isDirectory()) yield* messagesIn(path, [...folder, entry.name], keywords);
    else if (!entry.isFile()) yield { kind: 'other', path, what: 'special file', mail: false };
    else if (entry.name.startsWith('.')) yield { kind: 'other', path, what: 'hidden file', mail: false };
    else if (keywords === null) yield { kind: 'other', path, what: 'never delivered (tmp)', mail: false };
    else
      yield {
        kind: 'file',
        file: { path, kind: 'maildir', folder, flags: flagsOfName(entry.name, keywords) },
      };
  }
}

export function notFollowed(path: string): FoundMail {
  return { kind: 'fault', path, reason: 'it is a symbolic link, and those are not followed' };
}

export function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
