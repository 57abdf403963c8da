import { setTimeout as sleep } from 'node:timers/promises';

/** True when the work ended in time; it is not stopped otherwise. */
export async function within(limitMs: number, work: () => Promise<void>): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(limitMs, false, { signal: ended.signal }).catch(() => false);
  const inTime = await Promise.race([work().then(() => true), late]);
  ended.abort();
  return inTime;
}

/** Repeats the step until the signal; the wait is asked for each time. An error ends it. */
export async function every(
  waitMs: () => number,
  signal: AbortSignal,
  step: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(waitMs(), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await step();
  }
}
