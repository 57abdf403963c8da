import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('shifted-clock.ts', import.meta.url));

/** The environment of a program whose clock is off by so many days. */
export function offBy(days: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_DAYS: String(days) };
}
