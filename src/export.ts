import { createHash } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes } from './domain/brands.ts';
import type { Totals } from './domain/plan.ts';
import { MothballError } from './errors.ts';
import { fromLine } from './format/from-line.ts';
import { maildirFlags } from './format/maildir-flags.ts';
import { encodeMboxrd } from './format/mboxrd.ts';
import type { ReadMessage } from './read-archive.ts';

export type ExportFormat = 'mbox' | 'maildir' | 'eml';

/** Takes messages one by one; `close` makes the last one complete. */
interface ExportWriter {
  add(message: ReadMessage): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes archived messages below a directory: one `.mbox` per account and folder (mboxrd), one
 * Maildir per account and folder, or a tree of `.eml` files. Never overwrites a file.
 */
export async function exportMessages(
  messages: AsyncIterable<ReadMessage>,
  format: ExportFormat,
  directory: string,
): Promise<Totals> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const writers = {
    mbox: () => new MboxFiles(directory),
    maildir: () => new Maildirs(directory),
    eml: () => new EmlFiles(directory),
  };
  const writer: ExportWriter = writers[format]();
  let count = 0;
  let size = 0;
  try {
    for await (const message of messages) {
      await writer.add(message);
      count += 1;
      size += message.data.length;
    }
  } finally {
    await writer.close();
  }
  return { messages: count, bytes: bytes(size) };
}

class MboxFiles implements ExportWriter {
  readonly #directory: string;
  readonly #files = new Map<string, FileHandle>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: ReadMessage): Promise<void> {
    const path = `${folderPath(this.#directory, message)}.mbox`;
    const file = this.#files.get(path) ?? (await create(path));
    this.#files.set(path, file);
    await file.write(fromLine(null, new Date(message.info.internalDate)));
    for (const piece of encodeMboxrd(message.data).pieces) await file.writeFile(piece);
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }
}

/** Maildir: unique names in `cur`, flags in the name (`:2,` and letters), the bytes as IMAP delivered them. */
class Maildirs implements ExportWriter {
  readonly #directory: string;
  readonly #made = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: ReadMessage): Promise<void> {
    const folder = folderPath(this.#directory, message);
    if (!this.#made.has(folder))
      for (const part of ['cur', 'new', 'tmp'])
        await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    this.#made.add(folder);
    const { info } = message;
    const seconds = Math.floor(new Date(info.internalDate).getTime() / 1000);
    const name = `${seconds}.${unique(message)}.mothball:2,${maildirFlags(info.flags)}`;
    await writeMessage(join(folder, 'cur', name), message);
  }

  async close(): Promise<void> {}
}

class EmlFiles implements ExportWriter {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: ReadMessage): Promise<void> {
    const folder = folderPath(this.#directory, message);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const subject = readable(message.info.subject ?? '')
      .slice(0, 60)
      .trim();
    const name = [message.info.internalDate.slice(0, 10), subject, unique(message)]
      .filter((part) => part !== '')
      .join(' ');
    await writeMessage(join(folder, `${name}.eml`), message);
  }

  async close(): Promise<void> {}
}

async function writeMessage(path: string, { data, info }: ReadMessage): Promise<void> {
  const file = await create(path);
  try {
    await file.writeFile(data);
    const date = new Date(info.internalDate);
    await file.utimes(date, date);
  } finally {
    await file.close();
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw new MothballError(
      `${path} can't be created: it is there already, or its directory can't be written; the export stopped. Choose an empty directory.`,
      { code: 'exists', cause: error },
    );
  }
}

/** A path below the directory for the message's account and folder; no name can leave it or meet another. */
function folderPath(directory: string, { record }: ReadMessage): string {
  const name = `${readable(record.account)} ${readable(record.folder)}`.slice(0, 80).trim();
  return join(directory, `${name} ${digest(`${record.server}\0${record.account}\0${record.folder}`, 8)}`);
}

function unique(message: ReadMessage): string {
  return `${message.record.id.slice(0, 12)}-${message.line}`;
}

function digest(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** Letters, digits and a few safe marks; the rest becomes `_`. No leading dot. */
function readable(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}@+=, .-]+/gu, '_')
    .replace(/^\.+/, '_');
}
