import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { basename } from 'node:path';
import tar, { type Header } from 'tar-stream';
import { MothballError } from '../errors.ts';
import { type ArchiveEntry, type ArchiveSource, mostEntries } from './archive-entry.ts';
import type { FsPath } from './listing.ts';
import { openContent, type MailContent, openFile } from './open.ts';
import { pieces } from './pieces.ts';
import { sniffContent } from './sniff.ts';

/** Bytes of each file that show what it is; more of a compressed one. */
const headLength = 16 * 1024;
const packedHead = 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Archives from before POSIX, too; names are decoded here. The library's types do not have them. */
const options: object = { allowUnknownFormat: true, filenameEncoding: 'latin1' };

type TarWalk = AsyncIterator<{ readonly header: Header } & AsyncIterable<unknown>>;

interface TarEntry {
  readonly header: Header;
  readonly pieces: AsyncIterator<Uint8Array>;
}

/** The files of a tar archive, which may be compressed. It is read once for the list, and once for the mail. */
export async function openTar(path: FsPath): Promise<ArchiveSource> {
  const content = await openFile(path);
  const cursor = new TarCursor(content);
  try {
    const entries: ArchiveEntry[] = [];
    const files = new Map<string, ArchiveEntry>();
    let fault: Error | null = null;
    for (let order = 0; ; order += 1) {
      let entry: TarEntry | null = null;
      try {
        entry = await cursor.next();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // An archive that is cut short or damaged has files before that place.
        fault = error;
      }
      if (entry === null) break;
      if (order >= mostEntries)
        throw new MothballError({ fact: `it has more than ${mostEntries} files` }, { code: 'unsupported' });
      const listed = listedEntry(entry.header, order, cursor);
      if (listed === null) continue;
      // A hard link is the same file under another name.
      const linked = entry.header.type === 'link' ? files.get(nameOf(entry.header, 'linkname')) : undefined;
      if (linked !== undefined) entries.push({ ...linked, name: listed.name });
      else if (listed.kind === 'file' && listed.kindOfMail === undefined) {
        const head = openContent(await headOf(entry), listed.modified);
        const file = { ...listed, kindOfMail: await sniffContent(head, basename(listed.name)) };
        files.set(listed.name, file);
        entries.push(file);
      } else entries.push(listed);
    }
    if (fault !== null && entries.length === 0) throw fault;
    return {
      entries,
      fault,
      async [Symbol.asyncDispose]() {
        await cursor.close();
        await content.close();
      },
    };
  } catch (error) {
    await cursor.close();
    await content.close();
    throw error;
  }
}

function listedEntry(header: Header, order: number, cursor: TarCursor): ArchiveEntry | null {
  const { size, mtime, type } = header;
  if (type === 'directory') return null;
  const file = type === 'file' || type === 'contiguous-file';
  const link = type === 'link' || type === 'symlink';
  const other = link ? 'link' : 'special';
  const part = partOf(header);
  return {
    name: nameOf(header, 'name'),
    kind: file || part !== null ? 'file' : other,
    size,
    modified: mtime ?? new Date(0),
    order,
    read: () => cursor.at(order),
    ...(part === null ? {} : { kindOfMail: { what: part, mail: true } }),
  };
}

/** What GNU tar stores in a form of its own; null: it is stored as it is. */
function partOf({ type, pax }: Header): string | null {
  const known: string | null = type ?? null;
  const own = Object.keys(pax ?? {}).some((key) => /^GNU\.(?:sparse|volume)\./.test(key));
  return known === null || own ? 'sparse or split file in a tar archive' : null;
}

/** A name in UTF-8 where it can be that, else in Latin-1. */
function nameOf({ name, linkname, pax }: Header, which: 'name' | 'linkname'): string {
  const text = (which === 'name' ? name : linkname) ?? '';
  // Those of pax are UTF-8 already.
  if (Object.keys(pax ?? {}).includes(which === 'name' ? 'path' : 'linkpath')) return text;
  try {
    return utf8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

async function headOf({ pieces: source }: TarEntry): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  let wanted = headLength;
  while (length < wanted) {
    // Where the archive is cut short, the next step says so.
    const next = await source.next().catch(() => null);
    if (next === null || next.done === true) break;
    const part = Buffer.from(next.value);
    if (length === 0 && isPacked(part)) wanted = packedHead;
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}

function isPacked(head: Buffer): boolean {
  const start = head.toString('latin1', 0, 8);
  return ['\x1f\x8b', '\x28\xb5\x2f\xfd', '\xfd7zXZ', 'BZh'].some((mark) => start.startsWith(mark));
}

/** A place in the archive that moves forward; going back starts again. */
class TarCursor {
  readonly #content: MailContent;
  #walk: TarWalk | null = null;
  #input: Readable | null = null;
  /** Of the next entry. */
  #order = 0;
  #open: AsyncIterator<Uint8Array> | null = null;

  constructor(content: MailContent) {
    this.#content = content;
  }

  /** The next entry; what is left of the one before is skipped. */
  async next(): Promise<TarEntry | null> {
    this.#walk ??= this.#begin();
    while (this.#open !== null && (await this.#open.next()).done !== true);
    const next = await this.#walk.next();
    if (next.done === true) {
      await this.close();
      return null;
    }
    this.#order += 1;
    this.#open = bytesOf(next.value);
    return { header: next.value.header, pieces: this.#open };
  }

  async at(order: number): Promise<AsyncIterable<Uint8Array>> {
    if (this.#order > order) await this.close();
    for (;;) {
      const here = this.#order;
      const entry = await this.next();
      if (entry === null)
        throw new MothballError({ fact: 'the archive has changed while it was read' }, { code: 'changed' });
      if (here === order) return untilEnd(entry);
    }
  }

  #begin(): TarWalk {
    const extract = tar.extract(options);
    const input = Readable.from(copies(pieces(this.#content)), { objectMode: false });
    input.once('error', (error) => extract.destroy(error));
    input.pipe(extract);
    this.#input = input;
    return extract[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    const walk = this.#walk;
    this.#walk = null;
    this.#open = null;
    this.#order = 0;
    this.#input?.destroy();
    this.#input = null;
    await walk?.return?.();
  }
}

async function* bytesOf(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) if (piece instanceof Uint8Array) yield piece;
}

/** Leaving early does not end the archive, as it would end a stream. */
async function* untilEnd({ pieces: source }: TarEntry): AsyncGenerator<Uint8Array> {
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

async function* copies(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) yield Uint8Array.from(piece);
}
