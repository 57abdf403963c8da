import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { MothballError } from '../errors.ts';
import { type ArchiveEntry, type ArchiveSource, mostEntries } from './archive-entry.ts';
import type { Foreign } from './foreign.ts';
import type { FsPath } from './listing.ts';
import { openHandle } from './open.ts';
import { requireBounded } from './pieces.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Methods of compression that are read: none, and deflate. */
const methods: ReadonlySet<number> = new Set([0, 8]);

/** The files of a zip archive, by its list at the end. @throws when that can't be read. */
export async function openZip(path: FsPath): Promise<ArchiveSource> {
  const handle = await openHandle(path);
  try {
    const zip = await fromHandle(handle);
    const entries = await listed(zip);
    return { entries, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function fromHandle(handle: FileHandle): Promise<ZipFile> {
  // Names are decoded here: the library refuses an archive for one odd name.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
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

function nameOf({ fileName }: { readonly fileName: unknown }): string {
  if (!(fileName instanceof Uint8Array)) return String(fileName);
  try {
    return utf8.decode(fileName);
  } catch {
    return Buffer.from(fileName).toString('latin1');
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

function open(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
  });
}
