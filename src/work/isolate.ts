import { type ErrorCode, isConnectionLost, isError, type MothballError } from '../errors.ts';
import type { Ledger } from './ledger.ts';

/**
 * Failures that no level may catch (SAFETY I8): they concern the whole run, the truth of the catalog,
 * or a command that must never be sent. Everything else costs what it happened to, and no more.
 */
const neverCaught: readonly ErrorCode[] = ['interrupted', 'database', 'guard'];

/** Whether a failure may cost its message, batch, archive or folder alone. A lost connection is retried first. */
function isOwn(error: unknown): error is MothballError {
  return isError(error) && !isError(error, ...neverCaught) && !isConnectionLost(error);
}

/**
 * Does one step of several. A failure that concerns only this step is handed over, so that the
 * others are not held up by it; every other failure is thrown.
 */
export async function costsItself(
  step: () => Promise<void>,
  failed: (error: MothballError) => void,
): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!isOwn(error)) throw error;
    failed(error);
    return false;
  }
}

/** The same with the failure put into the ledger. */
export async function isolated(ledger: Ledger, step: () => Promise<void>): Promise<boolean> {
  return costsItself(step, (error) => ledger.failure(error));
}
