import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytes, shortId } from '../domain/brands.ts';
import type { Totals } from '../domain/plan.ts';
import { MothballError } from '../errors.ts';
import { fromLine } from '../format/from-line.ts';
import { maildirFlags } from '../format/maildir-flags.ts';
import { encodeMboxrd } from '../format/mboxrd.ts';
import { safeName, TreeNames } from '../format/tree-names.ts';
import type { ReadMessage } from '../read/read-archive.ts';

export type ExportFormat = 'mbox' | 'maildir' | 'eml';

/** Takes messages one by one; `close` makes the last one complete. */
interface ExportWriter {
  add(message: ReadMessage): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes archived messages below a directory, as a tree of accounts and their folders: each folder
 * an mboxrd file, a Maildir, or a directory of `.eml` files. Never overwrites or adds to a file that
 * is there.
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
  readonly #names = new TreeNames();
  readonly #made = new Set<string>();
  /** One at a time: accounts may have more folders than a process may have open files. */
  #open: { readonly path: string; readonly file: FileHandle } | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add({ record, info, data }: ReadMessage): Promise<void> {
    const file = await this.#file(join(this.#directory, ...this.#names.path(record, '.mbox')));
    await file.writeFile(fromLine(null, new Date(info.internalDate)));
    for (const piece of encodeMboxrd(data).pieces) await file.writeFile(piece);
  }

  async close(): Promise<void> {
    const last = this.#open;
    this.#open = null;
    await last?.file.close();
  }

  async #file(path: string): Promise<FileHandle> {
    if (this.#open?.path === path) return this.#open.file;
    await this.close();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = this.#made.has(path) ? await open(path, 'a') : await create(path);
    this.#made.add(path);
    this.#open = { path, file };
    return file;
  }
}

const maildirParts = ['cur', 'new', 'tmp'];

/** Maildir: unique names in `cur`, flags in the name (`:2,` and letters), the bytes as IMAP delivered them. */
class Maildirs implements ExportWriter {
  readonly #directory: string;
  readonly #names = new TreeNames(maildirParts);
  readonly #made = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: ReadMessage): Promise<void> {
    const folder = join(this.#directory, ...this.#names.path(message.record));
    if (!this.#made.has(folder))
      for (const part of maildirParts) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
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
  readonly #names = new TreeNames();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(message: ReadMessage): Promise<void> {
    const folder = join(this.#directory, ...this.#names.path(message.record));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { internalDate, subject } = message.info;
    const name = [internalDate.slice(0, 10), safeName(subject ?? ''), unique(message)]
      .filter((part) => part !== '')
      .join(' ');
    await writeMessage(join(folder, `${name}.eml`), message);
  }

  async close(): Promise<void> {}
}

/** The file's time is the message's INTERNALDATE. */
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

function unique(message: ReadMessage): string {
  return `${shortId(message.record.id)}-${message.line}`;
}
