import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { MothballError } from '../errors.ts';
import { type ArchiveEntry, type ArchiveSource, mostEntries } from './archive-entry.ts';
import type { Foreign } from './foreign.ts';
import type { FsPath } from './listing.ts';
import { chunk, openHandle } from './open.ts';
import { requireBounded } from './pieces.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** The extra field of a name in UTF-8 (APPNOTE 4.6.9). */
const unicodePath = 0x7075;
/** Methods of compression that are read: none, and deflate. */
const methods: ReadonlySet<number> = new Set([0, 8]);

/** The files of a zip archive, by its list at the end. @throws when that can't be read. */
export async function openZip(path: FsPath): Promise<ArchiveSource> {
  const handle = await openHandle(path);
  try {
    const zip = await fromHandle(handle);
    const entries = await listed(zip);
    return { entries, fault: null, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function fromHandle(handle: FileHandle): Promise<ZipFile> {
  // Names are decoded and sizes checked here: the library refuses an archive for one odd entry.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };
  const { size } = await handle.stat();
  const { shift, end } = await boundsOf(handle, size);
  return await new Promise((resolve, reject) => {
    const opened = (error: Error | null, zip: ZipFile): void =>
      error === null ? resolve(zip) : reject(error);
    if (shift === 0 && end === size) yauzl.fromFd(handle.fd, options, opened);
    else yauzl.fromRandomAccessReader(new ShiftedReader(handle, shift), end - shift, options, opened);
  });
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endLength = 22;

/**
 * Where an archive starts and ends that has other bytes before it, which its offsets do not count (a program that
 * unpacks it), or behind it. Its end record says where its list is and how long (APPNOTE 4.3.16), and the list ends
 * where the record starts.
 */
async function boundsOf(
  handle: FileHandle,
  size: number,
): Promise<{ readonly shift: number; readonly end: number }> {
  const start = Math.max(0, size - 0xffff - endLength);
  const tail = Buffer.alloc(size - start);
  await handle.read(tail, 0, tail.length, start);
  for (let at = tail.length - endLength; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const end = start + at + endLength + tail.readUInt16LE(at + 20);
    const list = start + at - tail.readUInt32LE(at + 12);
    const shift = list - tail.readUInt32LE(at + 16);
    if (end > size || shift < 0) continue;
    const first = Buffer.alloc(4);
    await handle.read(first, 0, 4, list);
    if (first.readUInt32LE(0) === entrySignature) return { shift, end };
  }
  return { shift: 0, end: size };
}

/** An archive between other bytes. */
class ShiftedReader extends yauzl.RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #shift: number;

  constructor(handle: FileHandle, shift: number) {
    super();
    this.#handle = handle;
    this.#shift = shift;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(rangeOf(this.#handle, start + this.#shift, end + this.#shift), {
      objectMode: false,
    });
  }
}

async function* rangeOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const piece = Buffer.alloc(Math.min(chunk, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function listed(zip: ZipFile): Promise<readonly ArchiveEntry[]> {
  return new Promise((resolve, reject) => {
    const entries: ArchiveEntry[] = [];
    zip.on('error', reject);
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      if (entries.length >= mostEntries) {
        reject(new MothballError({ fact: `it has more than ${mostEntries} files` }, { code: 'unsupported' }));
        return;
      }
      const name = nameOf(entry);
      if (!/[/\\]$/.test(name)) entries.push(entryOf(zip, entry, name));
      zip.readEntry();
    });
    zip.readEntry();
  });
}

/** The Unicode field, else UTF-8 where it is that, marked as such or not, else CP437, as the format says. */
function nameOf({ fileName, generalPurposeBitFlag, extraFields }: Entry): string {
  const raw: unknown = fileName;
  if (!(raw instanceof Uint8Array)) return String(raw);
  const byFormat = (): string =>
    yauzl.getFileNameLowLevel(generalPurposeBitFlag, Buffer.from(raw), extraFields, true);
  try {
    return extraFields.some(({ id }) => id === unicodePath) ? byFormat() : utf8.decode(raw);
  } catch {
    return byFormat();
  }
}

function entryOf(zip: ZipFile, entry: Entry, name: string): ArchiveEntry {
  const fault = faultOf(entry);
  // The upper half are the attributes of a Unix file.
  const link = ((entry.externalFileAttributes >>> 16) & 0o170_000) === 0o120_000;
  return {
    name,
    kind: link ? 'link' : 'file',
    size: entry.uncompressedSize,
    modified: entry.getLastModDate(),
    order: entry.relativeOffsetOfLocalHeader,
    ...(fault === null ? {} : { kindOfMail: fault }),
    read: async () => {
      requireBounded(entry.compressedSize, entry.uncompressedSize);
      return open(zip, entry);
    },
  };
}

function faultOf(entry: Entry): Foreign | null {
  if (entry.isEncrypted()) return { what: 'encrypted in a zip archive', mail: true };
  if (methods.has(entry.compressionMethod)) return null;
  return { what: `compressed in a zip archive with method ${entry.compressionMethod}`, mail: true };
}

async function open(zip: ZipFile, entry: Entry): Promise<AsyncIterable<Uint8Array>> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  return checked(stream, entry);
}

/** What is read, ended by a fault where it is not what was packed. */
async function* checked(
  stream: AsyncIterable<Uint8Array>,
  { crc32: packed, uncompressedSize }: Entry,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  let size = 0;
  for await (const piece of stream) {
    sum = crc32(piece, sum);
    size += piece.length;
    if (size > uncompressedSize) break;
    yield piece;
  }
  if (size !== uncompressedSize || sum !== packed)
    throw new MothballError(
      { fact: 'it is damaged in the archive: its size or its checksum is wrong' },
      { code: 'verify' },
    );
}
