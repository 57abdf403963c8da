import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MothballError } from '../errors.ts';
import type { FsPath } from './listing.ts';

export type FileCompression = 'plain' | 'gzip' | 'zstd';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Opens a regular file; never through a symbolic link, and without waiting for a pipe. */
export async function openFile(
  path: FsPath,
): Promise<{ readonly handle: FileHandle; readonly status: Stats }> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile())
      throw new MothballError({ fact: 'it is not a regular file' }, { code: 'unsupported' });
    return { handle, status };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** How the file is compressed, by its first bytes. */
export async function compressionOf(handle: FileHandle): Promise<FileCompression> {
  const magic = await readAt(handle, 0, 4);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  return magic.length === 4 && Buffer.from(magic).readUInt32LE(0) === 0xfd2f_b528 ? 'zstd' : 'plain';
}

/** Up to this many bytes; fewer at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
