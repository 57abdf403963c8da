import cron from 'node-cron';
import type { Schedule } from '../ports/schedule.ts';

/** Cron expressions by node-cron; five fields. @throws RangeError when it can't be read. */
export function cronSchedule(expression: string, timezone: string): Schedule {
  const asked = guarded(() => cron.createTask(expression, () => undefined, { timezone }));
  const minutes = new Set(guarded(() => cron.parse(expression)).minute);
  // A date that never comes makes node-cron throw instead of searching for ever.
  const nextRuns = (count: number): readonly Date[] => {
    try {
      return asked.getNextRuns(count);
    } catch {
      return [];
    }
  };
  return {
    minutes,
    matches: (minute) => asked.match(minute),
    next: () => nextRuns(1)[0] ?? null,
    interval: () => {
      const [first, second] = nextRuns(2);
      return first === undefined || second === undefined ? null : (second.getTime() - first.getTime()) / 1000;
    },
    start(fire, jitterMs) {
      const task = cron.createTask(expression, fire, {
        timezone,
        noOverlap: true,
        maxRandomDelay: jitterMs,
        suppressMissedWarning: true,
      });
      // A busy or sleeping machine may pass the minute by: late is better than never.
      task.on('execution:missed', fire);
      void task.start();
      return { [Symbol.dispose]: () => void task.destroy() };
    },
  };
}

function guarded<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
