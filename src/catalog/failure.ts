import { errorMessage, isError, MothballError } from '../errors.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const codes = { busy: 5, locked: 6, readOnly: 8, io: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** The primary SQLite result code of an error, null when it is not one of SQLite's. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** True when another connection holds the lock: the same statement may work a moment later. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === codes.busy || code === codes.locked;
}

/** True when the file holds something else than a sound SQLite database. */
function isCorrupt(error: unknown): boolean {
  const code = resultCode(error);
  return code === codes.corrupt || code === codes.notADatabase;
}

/** True after what leaves the connection in doubt: I/O errors, a full disk, a damaged file. */
export function isFatal(error: unknown): boolean {
  const code = resultCode(error);
  return isCorrupt(error) || code === codes.io || code === codes.full;
}

/** A failure of the catalog in the file at `path`, in words that say what to do next. */
export function databaseError(path: string, error: unknown): MothballError {
  if (isError(error)) return error;
  if (isCorrupt(error)) return corruptError(path, errorMessage(error), error);
  const retryable = isBusy(error);
  const { why, ...rest } = advice(error);
  const fact = `the catalog ${path} failed: ${errorMessage(error)}${why === undefined ? '' : ` (${why})`}`;
  return new MothballError({ fact, ...rest }, { code: 'database', retryable, cause: error });
}

const stopped = 'nothing was recorded and nothing more is deleted';

interface Advice {
  readonly why?: string;
  readonly notDone: string;
  readonly remedy?: string;
}

function advice(error: unknown): Advice {
  switch (resultCode(error)) {
    case codes.busy:
    case codes.locked:
      return {
        why: 'another process keeps it locked',
        notDone: 'nothing was recorded',
        remedy: 'Try again when that process is done',
      };
    case codes.full:
      return { notDone: stopped, remedy: 'Free space on its disk, then run again' };
    case codes.io:
      return { notDone: stopped, remedy: 'Check its disk, then run again' };
    case codes.readOnly:
      return { why: 'it is open for reading only', notDone: 'nothing was recorded' };
    default:
      return { notDone: 'nothing was recorded' };
  }
}

/** For a damaged catalog: `found` says what SQLite found. */
export function corruptError(path: string, found: string, cause?: unknown): MothballError {
  return new MothballError(
    {
      fact: `the catalog ${path} is damaged (${found})`,
      notDone: 'deleting mail is refused and nothing was changed',
      remedy:
        'Move the file away, with its -wal and -shm files, and run `mothball reindex` to rebuild it from the stores',
    },
    { code: 'database', cause },
  );
}
