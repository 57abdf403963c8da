import { isConnectionLost, isError } from '../errors.ts';
import type { Ledger } from './report.ts';

/** Failures that say something of the whole run and not of one archive, batch or folder. */
const fatal = new Set(['interrupted', 'database', 'guard']);

/**
 * Does one piece of work; a failure that concerns only this piece goes into the ledger, so that the
 * others are not held up by it. A lost connection and whatever concerns the run is thrown on.
 */
export async function isolated(ledger: Ledger, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!isError(error) || isConnectionLost(error) || fatal.has(error.code)) throw error;
    ledger.failure(error);
    return false;
  }
}
