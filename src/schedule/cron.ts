/**
 * `schedule/`: cron expressions that fire, behind `ports/schedule.ts`. When a schedule was last due is
 * pure and is in `domain/schedule-due.ts`.
 * May import `node-cron`, which only this room knows, `ports`, `domain` and `errors.ts`.
 */
import cron from 'node-cron';
import type { Schedule } from '../ports/schedule.ts';

/** Cron expressions by node-cron; five fields. @throws RangeError when it can't be read. */
export function cronSchedule(expression: string, timezone: string): Schedule {
  const asked = guarded(() => cron.createTask(expression, () => undefined, { timezone }));
  const minutes = new Set(guarded(() => cron.parse(expression)).minute);
  // A date that never comes makes node-cron throw instead of searching for ever.
  const next = (): Date | null => {
    try {
      return asked.getNextRuns(1)[0] ?? null;
    } catch {
      return null;
    }
  };
  return {
    minutes,
    matches: (minute) => asked.match(minute),
    next,
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
