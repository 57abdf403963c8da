import { fileURLToPath } from 'node:url';
import { dayMs } from '../../src/domain/dates.ts';
import type { Clock } from '../../src/ports/clock.ts';

const preload = fileURLToPath(new URL('shifted-clock.ts', import.meta.url));

/** A clock that is off by this many days. */
export function clockOffBy(days: number): Clock {
  return { now: () => new Date(Date.now() + days * dayMs) };
}

/** The environment of a process whose clock is off by this many days, for everything in it. */
export function processOffBy(days: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_DAYS: String(days) };
}
