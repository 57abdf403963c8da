import { errorMessage, isError, MothballError } from '../errors.ts';
import { SyncFailed, systemCode } from './durable-file.ts';

/** A failure of the file system as one that says what was not done and what to do. */
export function localError(store: string, action: string, key: string, cause: unknown): MothballError {
  if (isError(cause)) return cause;
  const what = `store "${store}": could not ${action} ${JSON.stringify(key)}`;
  const why = errorMessage(cause);
  // A receipt is written after a deletion, and expire removes: there only the key shows what did not happen.
  const kept = action === 'remove' ? {} : { notDone: 'no mail is deleted based on it' };
  if (cause instanceof SyncFailed) {
    return new MothballError(
      {
        fact: `${what}: fsync failed on two files in a row (${why}), so the store is disabled`,
        ...kept,
        remedy: 'Check its disk',
      },
      { code: 'store', cause },
    );
  }
  switch (systemCode(cause)) {
    case 'EEXIST':
      return new MothballError(
        { fact: `${what}: it exists already and is never overwritten` },
        { code: 'exists', cause },
      );
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return notThere(what, action, cause);
    case 'ENOSPC':
    case 'EDQUOT':
      return new MothballError(
        { fact: `${what}: no space left (${why})`, ...kept, remedy: 'Free space there, then run again' },
        { code: 'store', retryable: true, cause },
      );
    default:
      return new MothballError(
        { fact: `${what}: ${why}`, ...kept, remedy: "Check the store's directory and its disk" },
        { code: 'store', cause },
      );
  }
}

function notThere(what: string, action: string, cause: unknown): MothballError {
  if (action === 'read' || action === 'remove' || action === 'list') {
    return new MothballError(
      { fact: `${what}: it is not there`, remedy: 'Check that the store is mounted' },
      { code: 'missing', cause },
    );
  }
  return new MothballError(
    {
      fact: `${what}: the directory of the store is missing`,
      notDone: 'nothing was written',
      remedy: 'Check that it is mounted',
    },
    { code: 'store', cause },
  );
}
