import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { MothballError } from '../errors.ts';
import { type ArchiveEntry, type ArchiveSource, mostEntries } from './archive-entry.ts';
import type { Foreign } from './foreign.ts';
import type { FsPath } from './listing.ts';
import { openHandle } from './open.ts';
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

function fromHandle(handle: FileHandle): Promise<ZipFile> {
  // Names are decoded and sizes checked here: the library refuses an archive for one odd entry.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };
  return new Promise((resolve, reject) => {
    yauzl.fromFd(handle.fd, options, (error, zip) => (error === null ? resolve(zip) : reject(error)));
  });
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
