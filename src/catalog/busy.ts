import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './failure.ts';

/** How long a call waits for another process' write transaction, in milliseconds. */
export const patienceMs = 10_000;

/**
 * How long SQLite itself waits inside one call. It blocks the event loop meanwhile, so the rest of
 * the patience is spent here, between calls.
 */
export const blockingMs = 50;

/** Does it again while SQLite answers BUSY, for `forMs` milliseconds; then throws that error. */
export async function whileBusy<T>(work: () => T | Promise<T>, forMs = patienceMs): Promise<T> {
  const deadline = performance.now() + forMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await sleep(20);
  }
}
