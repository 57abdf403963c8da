import { errorMessage, MothballError } from '../errors.ts';
import { readingMs } from './bounds.ts';

/** One reading of a source within its time; what it throws is ours. */
export async function reading<T>(signal: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(readingMs);
  try {
    return await read(AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MothballError) throw error;
    // Messages of databases can quote the query, never the password, which is not part of it.
    const reason = timeout.aborted ? 'no answer in time' : errorMessage(error);
    throw new MothballError(
      { fact: reason.slice(0, 500) },
      { code: 'connect', retryable: true, cause: error },
    );
  }
}
