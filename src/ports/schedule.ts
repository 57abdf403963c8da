import type { Slots } from '../domain/schedule-due.ts';

/** A cron expression in its time zone. */
export interface Schedule extends Slots {
  /** The next time it fires after now; null when it never does. */
  next(): Date | null;
  /** Calls `fire` at each firing, at random up to `jitterMs` later, until disposed. */
  start(fire: () => void, jitterMs: number): Disposable;
}

/** @throws RangeError when the expression or the zone is invalid. */
export type MakeSchedule = (expression: string, timezone: string) => Schedule;
