import { errorMessage, isError, MothballError } from '../errors.ts';
import { SyncFailed, systemCode } from './durable-file.ts';

/** A failure of the file system as one that says what was not done and what to do. */
export function localError(store: string, action: string, key: string, cause: unknown): MothballError {
  if (isError(cause)) return cause;
  const what = `store ${store}: could not ${action} ${JSON.stringify(key)}`;
  const why = errorMessage(cause);
  // A receipt is written after a deletion, and expire removes: there only the key tells what did not happen.
  const kept = action === 'remove' ? '' : '; nothing is deleted on its account';
  if (cause instanceof SyncFailed) {
    return new MothballError(
      `${what}: fsync failed on two files in a row (${why}); the store is off${kept}: check its disk`,
      { code: 'store', cause },
    );
  }
  const code = systemCode(cause) ?? '';
  switch (code) {
    case 'EEXIST':
      return new MothballError(`${what}: it exists already and is never overwritten`, {
        code: 'exists',
        cause,
      });
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      if (action === 'read' || action === 'remove' || action === 'list') {
        return new MothballError(`${what}: it is not there; is the store mounted?`, {
          code: 'missing',
          cause,
        });
      }
      return new MothballError(
        `${what}: the directory of the store is missing; is it mounted? Nothing was written`,
        {
          code: 'store',
          cause,
        },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new MothballError(`${what}: no space left (${why})${kept}: free space there, then run again`, {
        code: 'store',
        retryable: true,
        cause,
      });
    default:
      return new MothballError(`${what}: ${why}${kept}: check the store's directory and its disk`, {
        code: 'store',
        cause,
      });
  }
}
