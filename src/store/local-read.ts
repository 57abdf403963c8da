import { open } from 'node:fs/promises';
import { MothballError } from '../errors.ts';
import type { ByteRange } from '../ports/store.ts';

const pieceSize = 1024 * 1024;

/**
 * A file, or a range of it, in pieces of fresh memory. @throws the system's error; MothballError
 * `verify` when the file is shorter than the range, or shrinks while it is read.
 */
export async function* readLocal(path: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = range?.offset ?? 0;
    const end = range === undefined ? size : start + range.length;
    if (end > size) throw short(path, end, size);
    for (let at = start; at < end;) {
      const piece = new Uint8Array(Math.min(pieceSize, end - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw short(path, end, at);
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function short(path: string, wanted: number, found: number): MothballError {
  return new MothballError(
    {
      fact: `${path} ends at byte ${found}, but ${wanted} were to be read: the archive is truncated`,
      notDone: 'no mail is deleted based on it',
      remedy: 'Run verify, and restore the file from a copy',
    },
    { code: 'verify' },
  );
}
