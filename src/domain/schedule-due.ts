/** What a schedule says of one minute, in its own time zone. */
export interface Slots {
  /** True when the schedule fires in the minute that this instant begins. */
  matches(minute: Date): boolean;
  /** Minutes of the hour at which it can fire; others are not asked for. */
  readonly minutes: ReadonlySet<number>;
}

const minuteMs = 60_000;
/** No schedule is looked for further back: a leap day's may come every eight years, and is then late once. */
const furthestBackMs = 400 * 24 * 60 * minuteMs;

/**
 * The latest moment after `after`, up to and with `now`, at which the schedule fires; null when
 * there is none. Downtime thus leaves one slot to catch up with, however many were missed.
 */
export function latestSlot(slots: Slots, after: Date, now: Date): Date | null {
  const end = Math.max(after.getTime(), now.getTime() - furthestBackMs);
  const first = Math.floor(now.getTime() / minuteMs) * minuteMs;
  for (let at = first; at > end; at -= minuteMs) {
    if (!possible(slots, at)) continue;
    const minute = new Date(at);
    if (slots.matches(minute)) return minute;
  }
  return null;
}

/** Zones are whole quarters of an hour from UTC, so most minutes need not be asked for at all. */
function possible({ minutes }: Slots, at: number): boolean {
  const minute = Math.floor(at / minuteMs) % 60;
  return [0, 15, 30, 45].some((offset) => minutes.has((minute + offset) % 60));
}

/**
 * Whether something that was last begun then is due: its schedule fired since. What was never done
 * waits for the first slot after the schedule became known.
 */
export function isDue(slot: Date | null, known: Date, last: Date | null): boolean {
  if (slot === null || slot.getTime() <= known.getTime()) return false;
  return last === null || last.getTime() < slot.getTime();
}
