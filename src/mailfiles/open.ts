import { constants, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MothballError } from '../errors.ts';
import type { FsPath } from './listing.ts';

export type FileCompression = 'plain' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** What a file of mail holds, on disk or inside of an archive. */
export interface MailContent {
  readonly size: number;
  /** When it was last changed. */
  readonly modified: Date;
  /** Up to this many bytes; fewer at the end, and where it can only be read from its start to its end. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  /** From the start; each piece is good until the next one. Once only, where it can't be looked into. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Reads at once from any place; null: it can only be read from its start to its end. */
  readonly look: ((buffer: Buffer, position: number) => number) | null;
  close(): Promise<void>;
}

/** Bytes that are read at once. */
export const chunk = 256 * 1024;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Opens a regular file; never through a symbolic link, and without waiting for a pipe. */
export async function openHandle(path: FsPath): Promise<FileHandle> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile())
      throw new MothballError({ fact: 'it is not a regular file' }, { code: 'unsupported' });
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file of the file system. */
export async function openFile(path: FsPath): Promise<MailContent> {
  const handle = await openHandle(path);
  try {
    const { size, mtime } = await handle.stat();
    return {
      size,
      modified: mtime,
      readAt: (offset, length) => readAt(handle, offset, length),
      chunks: () => chunksOf(handle, size),
      look: (buffer, position) => readSync(handle.fd, buffer, 0, buffer.length, position),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What is in memory already. */
export function openContent(data: Uint8Array, modified: Date): MailContent {
  const look = (buffer: Buffer, position: number): number => {
    const part = data.subarray(Math.max(0, position), Math.max(0, position) + buffer.length);
    buffer.set(part);
    return part.length;
  };
  return {
    size: data.length,
    modified,
    readAt: async (offset, length) => data.subarray(offset, offset + length),
    async *chunks() {
      for (let at = 0; at < data.length; at += chunk) yield data.subarray(at, at + chunk);
    },
    look,
    close: async () => undefined,
  };
}

/** How it is compressed, by its first bytes. */
export async function compressionOf(content: MailContent): Promise<FileCompression> {
  const magic = Buffer.from(await content.readAt(0, 10));
  const start = magic.toString('latin1');
  if (start.startsWith('\x1f\x8b')) return 'gzip';
  // A frame, or one that is to be skipped.
  if (start.startsWith('\x28\xb5\x2f\xfd') || (/^[P-_]/.test(start) && start.startsWith('*M\x18', 1)))
    return 'zstd';
  if (start.startsWith('\xfd7zXZ\0')) return 'xz';
  // The mark of the first block follows, or that of the end.
  const blocks = ['1AY&SY', '\x17rE8P\x90'].some((mark) => start.startsWith(mark, 4));
  return blocks && /^BZh[1-9]/.test(start) ? 'bzip2' : 'plain';
}

async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  // A Maildir has many small files.
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunk, size)));
  for (let offset = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
