import { setTimeout as sleep } from 'node:timers/promises';

/** First pause between two attempts; it doubles, with jitter, up to the second. */
const firstPauseMs = 200;
const longestPauseMs = 20_000;

export interface Patience {
  readonly maxAttempts: number;
  /** For all attempts and pauses together. */
  readonly deadlineMs: number;
  /** Ends the waiting between attempts. */
  readonly stop: AbortSignal;
}

/** The deadline passed before an attempt succeeded; `cause` is what the last one met. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/**
 * Does the step until it succeeds, fails for good, or patience ends. Each attempt is given a
 * signal that aborts at the deadline. @throws what the last attempt threw, or DeadlinePassed.
 */
export async function persist<T>(
  { maxAttempts, deadlineMs, stop }: Patience,
  isRetryable: (error: unknown) => boolean,
  step: (signal: AbortSignal, attempt: number) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step(deadline, attempt);
    } catch (error) {
      if (deadline.aborted) throw passed(deadlineMs, error);
      if (attempt >= maxAttempts || !isRetryable(error)) throw error;
      await backOff(attempt, AbortSignal.any([deadline, stop]));
      stop.throwIfAborted();
      if (deadline.aborted) throw passed(deadlineMs, error);
    }
  }
}

/** Waits before the next attempt, or until the signal. */
export async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  // Many clients that failed at once must not come back at once.
  await sleep(longest / 2 + (Math.random() * longest) / 2, undefined, { signal }).catch(() => undefined);
}

function passed(deadlineMs: number, cause: unknown): DeadlinePassed {
  return new DeadlinePassed(`not done within ${Math.round(deadlineMs / 1000)} s`, { cause });
}
