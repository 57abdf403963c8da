import { type ErrorCode, isConnectionLost, isError, type MothballError } from '../errors.ts';
import type { Ledger } from './ledger.ts';

/**
 * Failures that no level may catch (SAFETY I8): an abort or a pause, the truth of the catalog and of
 * its locks, a command that must never be sent. Everything else costs what it happened to, and no
 * more: a message (`archive/fetch.ts`, `restore/put-mail.ts`), a folder (`isolate-folder.ts`), an
 * archive or a chunk of one (`isolated`), an account (`cli/each-account.ts`, `daemon/account-job.ts`),
 * a store (`preflight/store-gate.ts`).
 */
export const neverCaught: readonly ErrorCode[] = ['interrupted', 'database', 'guard'];

/** Whether a failure may be caught at all. What is not one of our errors is a fault of the program. */
export function isCatchable(error: unknown): error is MothballError {
  // A server that wants the account to be left alone would refuse the next step too.
  return isError(error) && !isError(error, ...neverCaught, 'throttled');
}

/**
 * Does what is left to do after a failure, and throws that; where this fails too, the one of both that no
 * level may catch, else the first one.
 */
export async function afterFailure(error: unknown, step: () => Promise<void>): Promise<never> {
  try {
    await step();
  } catch (other) {
    throw isCatchable(error) && !isCatchable(other) ? other : error;
  }
  throw error;
}

/**
 * Does one step of several. A failure that concerns only this step is handed over, so that the
 * others are not held up by it; every other failure is thrown, also a lost connection, which is
 * tried again first.
 */
export async function costsItself(
  step: () => Promise<void>,
  failed: (error: MothballError) => void,
): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!isCatchable(error) || isConnectionLost(error)) throw error;
    failed(error);
    return false;
  }
}

/** The same with the failure put into the ledger. */
export async function isolated(ledger: Ledger, step: () => Promise<void>): Promise<boolean> {
  return costsItself(step, (error) => ledger.failure(error));
}
