import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MothballError, systemFault } from '../errors.ts';
import { fromLine } from '../format/from-line.ts';
import { maildirFlags } from '../format/maildir-flags.ts';
import { encodeMboxrd } from '../format/mboxrd.ts';
import { safeName, TreeNames } from '../format/tree-names.ts';
import type { MailFileKind, MailFileWriter, MailToWrite } from '../ports/mail-files.ts';
import { chunk, openFile } from './open.ts';

/** Writes mail below a directory, which is created where it is missing. */
export async function openWriter(kind: MailFileKind, directory: string): Promise<MailFileWriter> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  switch (kind) {
    case 'mbox':
      return new MboxFiles(directory);
    case 'maildir':
      return new Maildirs(directory);
    case 'eml':
      return new EmlFiles(directory);
  }
}

/** Each folder an mboxrd file. */
class MboxFiles implements MailFileWriter {
  readonly #directory: string;
  readonly #names = new TreeNames();
  readonly #created = new Set<string>();
  /** One at a time: accounts may have more folders than a process may have open files. */
  #open: { readonly path: string; readonly file: BufferedFile } | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add({ origin, internalDate, data }: MailToWrite): Promise<'written'> {
    const file = await this.#file(join(this.#directory, ...this.#names.path(origin, '.mbox')));
    await file.write(Buffer.from(fromLine(null, internalDate)));
    for (const piece of encodeMboxrd(data).pieces) await file.write(piece);
    return 'written';
  }

  async close(): Promise<void> {
    const last = this.#open;
    this.#open = null;
    await last?.file.close();
  }

  async #file(path: string): Promise<BufferedFile> {
    if (this.#open?.path === path) return this.#open.file;
    await this.close();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = new BufferedFile(this.#created.has(path) ? await open(path, 'a') : await create(path));
    this.#created.add(path);
    this.#open = { path, file };
    return file;
  }
}

/** Bytes that are gathered before they are written: a system call for each small message costs more than the message. */
const bufferBytes = 1024 * 1024;

class BufferedFile {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#length + piece.length > bufferBytes) await this.#flush();
    if (piece.length > bufferBytes) return this.#file.writeFile(piece);
    this.#buffer.set(piece, this.#length);
    this.#length += piece.length;
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const ready = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    if (ready.length > 0) await this.#file.writeFile(ready);
  }
}

const maildirParts = ['cur', 'new', 'tmp'];

/** Each folder a Maildir: unique names in `cur`, flags in the name (`:2,` and letters), the bytes as IMAP delivered them. */
class Maildirs implements MailFileWriter {
  readonly #directory: string;
  readonly #names = new TreeNames(maildirParts);
  readonly #created = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: MailToWrite): Promise<'written' | 'present'> {
    const { origin, id, internalDate, flags } = message;
    const folder = join(this.#directory, ...this.#names.path(origin));
    if (!this.#created.has(folder))
      for (const part of maildirParts) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    this.#created.add(folder);
    const seconds = Math.floor(internalDate.getTime() / 1000);
    const name = `${seconds}.${id}.mothball:2,${maildirFlags(flags)}`;
    return await writeMessage(join(folder, 'cur', name), message);
  }

  async close(): Promise<void> {}
}

/** Each folder a directory of `.eml` files. */
class EmlFiles implements MailFileWriter {
  readonly #directory: string;
  readonly #names = new TreeNames();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: MailToWrite): Promise<'written' | 'present'> {
    const { origin, id, internalDate, subject } = message;
    const folder = join(this.#directory, ...this.#names.path(origin));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = [internalDate.toISOString().slice(0, 10), safeName(subject ?? ''), id]
      .filter((part) => part !== '')
      .join(' ');
    return await writeMessage(join(folder, `${name}.eml`), message);
  }

  async close(): Promise<void> {}
}

/** The time of the file is the message's INTERNALDATE. */
async function writeMessage(
  path: string,
  { data, internalDate }: MailToWrite,
): Promise<'written' | 'present'> {
  if (await holds(path, data)) return 'present';
  const file = await create(path);
  try {
    await file.writeFile(data);
    await file.utimes(internalDate, internalDate);
  } catch (error) {
    // What is cut short would be in the way of the next export.
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return 'written';
}

/** Whether there is a file of exactly these bytes. One that is cut short, of an export that was stopped, is not. */
async function holds(path: string, data: Uint8Array): Promise<boolean> {
  // What can't be read, or is no regular file, is told when it can't be created.
  const found = await openFile(path).catch(() => null);
  if (found === null) return false;
  try {
    if (found.size !== data.length) return false;
    for (let at = 0; at < data.length; at += chunk) {
      const own = data.subarray(at, at + chunk);
      if (Buffer.compare(await found.readAt(at, own.length), own) !== 0) return false;
    }
    return true;
  } finally {
    await found.close();
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw new MothballError(
      {
        fact: `${path} can't be created: ${systemFault(error)}`,
        notDone: 'the export stopped',
        remedy: 'Choose an empty directory',
      },
      { code: 'exists', cause: error },
    );
  }
}
