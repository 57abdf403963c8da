import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { MothballError } from '../errors.ts';

/** A file being written in the spool, mode 0600, in a directory of mode 0700. Worker threads only: calls block. */
export class SpoolOutput {
  readonly path: string;
  #descriptor: number | null = null;

  /** @throws MothballError `store`. */
  constructor(path: string) {
    this.path = path;
    this.#guard('create', () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#descriptor = openSync(this.path, 'wx', 0o600);
    });
  }

  write(data: Uint8Array): void {
    this.#guard('write', () => {
      for (let done = 0; done < data.length;) {
        done += writeSync(this.#open(), data, done, data.length - done);
      }
    });
  }

  /** Not synced: a crash discards the spool, and what the disk spoils is found when the archive is verified. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor !== null) this.#guard('close', () => closeSync(descriptor));
  }

  /** Closes and removes it; safe at any time, more than once. */
  discard(): void {
    try {
      this.close();
    } finally {
      rmSync(this.path, { force: true });
    }
  }

  #open(): number {
    if (this.#descriptor === null) throw new TypeError('the spool file is closed');
    return this.#descriptor;
  }

  #guard(action: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw spoolError(action, this.path, error);
    }
  }
}

export function spoolError(action: string, path: string, cause: unknown): MothballError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const why = cause instanceof Error ? cause.message : String(cause);
  const remedy = full ? 'Free space there or set spool.path to a larger disk' : 'Check the spool directory';
  return new MothballError(
    {
      fact: `could not ${action} the spool file ${path}: ${why}`,
      notDone: 'nothing was archived or deleted',
      remedy: `${remedy}, then run again`,
    },
    { code: 'store', retryable: full, cause },
  );
}
