import { chown, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeedMessage } from './mailbox.ts';
import { encodeMutf7 } from './mutf7.ts';

const letters: Readonly<Record<string, string>> = {
  '\\Draft': 'D',
  '\\Flagged': 'F',
  '\\Answered': 'R',
  '\\Seen': 'S',
  '\\Deleted': 'T',
};

/**
 * Writes messages straight into a Maildir++ that no server has open: the quickest way to seed
 * tens of thousands. Lines are stored with LF, as Dovecot stores them, and delivered with CRLF.
 * Only for mail whose every line ends in CRLF, without keywords. The file's mtime becomes INTERNALDATE.
 */
export async function seedMaildir(
  directory: string,
  messages: Iterable<SeedMessage>,
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<{ readonly messages: number; readonly bytes: number }> {
  const folders = new Map<string, string>();
  let count = 0;
  let total = 0;
  let writes: Promise<void>[] = [];
  for (const message of messages) {
    let current = folders.get(message.folder);
    if (current === undefined) {
      current = await makeFolder(directory, message.folder, owner);
      folders.set(message.folder, current);
    }
    count++;
    total += message.raw.length;
    writes.push(writeMessage(current, message, count, owner));
    if (writes.length === 64) {
      await Promise.all(writes);
      writes = [];
    }
  }
  await Promise.all(writes);
  return { messages: count, bytes: total };
}

async function makeFolder(
  directory: string,
  folder: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<string> {
  const name = folder === 'INBOX' ? '' : `.${encodeMutf7(folder).replaceAll('/', '.')}`;
  const path = join(directory, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (const part of ['cur', 'new', 'tmp']) await mkdir(join(path, part), { recursive: true, mode: 0o700 });
  if (name !== '') await writeFile(join(path, 'maildirfolder'), '');
  if (owner !== null) {
    const made = [directory, path, ...['cur', 'new', 'tmp'].map((part) => join(path, part))];
    if (name !== '') made.push(join(path, 'maildirfolder'));
    for (const one of made) await chown(one, owner.uid, owner.gid);
  }
  return join(path, 'cur');
}

async function writeMessage(
  current: string,
  message: SeedMessage,
  serial: number,
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<void> {
  const unknown = message.flags.find((flag) => letters[flag] === undefined);
  if (unknown !== undefined) throw new RangeError(`a Maildir file name can't carry ${unknown}: use APPEND`);
  const stored = Buffer.from(message.raw.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  const flags = message.flags.map((flag) => letters[flag] ?? '').toSorted();
  const seconds = Math.floor(message.internalDate.getTime() / 1_000);
  const name = `${1_600_000_000 + serial}.M${serial}.corpus,S=${stored.length},W=${message.raw.length}:2,${flags.join('')}`;
  const path = join(current, name);
  await writeFile(path, stored, { mode: 0o600 });
  await utimes(path, seconds, seconds);
  if (owner !== null) await chown(path, owner.uid, owner.gid);
}
