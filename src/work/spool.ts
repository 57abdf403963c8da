import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountRef } from '../domain/account.ts';
import { bytes, type Bytes } from '../domain/brands.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { ByteRange } from '../ports/store.ts';

const pieceSize = 1024 * 1024;

/** Beside the archive itself, the spool may hold the raw bytes of one large message. */
const factor = 1.1;
/** The spool may hold two archives at once, and beside each the raw bytes of one large message. */
const share = 4;
/** And of one of them an encrypted copy. */
const encryptedShare = 5;

/** Bytes that one archive may have, so that the spool never holds more than it may. */
export function spoolShare(spoolMaxBytes: number, encrypted: boolean): number {
  return Math.floor(spoolMaxBytes / (encrypted ? encryptedShare : share));
}

/**
 * @throws `store` when the file system of the spool has no room for an archive of this much mail,
 * and where it is encrypted a second time for that.
 */
export async function requireSpoolSpace(path: string, mail: Bytes, encrypted = false): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const needed = Math.ceil(mail * (encrypted ? factor + 1 : factor));
  if (free >= needed) return;
  throw new MothballError(
    {
      fact: `the spool ${path} has ${formatBytes(bytes(free))} free and needs ${formatBytes(bytes(needed))}`,
      notDone: 'nothing was archived or deleted',
      remedy: 'Free some space or set spool.path to another volume',
    },
    { code: 'store', retryable: true },
  );
}

/**
 * The spool of one account. Its lock is held, so everything in it was left by a process that is
 * dead, and is removed.
 */
export async function emptySpool(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}

/** A spool file, or a range of it, in pieces of fresh memory. @throws `verify` when it is shorter than the range. */
export async function* readSpool(path: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
  await using file = await open(path, 'r');
  yield* readHandle(file, range);
}

/** The same of an open file, which stays open. */
export async function* readHandle(file: FileHandle, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const start = range?.offset ?? 0;
  const end = range === undefined ? (await file.stat()).size : start + range.length;
  for (let at = start; at < end;) {
    const piece = new Uint8Array(Math.min(pieceSize, end - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0)
      throw new MothballError(
        { fact: `a spool file ends at byte ${at} instead of ${end}` },
        { code: 'verify' },
      );
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** One spool directory per account: only the holder of the account's lock may empty it. */
export function spoolOf(root: string, { server, account }: AccountRef): string {
  const digest = createHash('sha256').update(`${server}\0${account}`).digest('hex');
  return join(root, digest.slice(0, 16));
}
