import { dayMs } from '../domain/dates.ts';
import type { Forecast } from '../domain/forecast.ts';

/** The forecast in a few words; empty if nothing is forecast. */
export function fullIn(forecast: Forecast, now: Date): string {
  switch (forecast.kind) {
    case 'full':
      return `full ${inDays(forecast.at, now)}`;
    case 'not growing':
      return 'not growing';
    case 'no limit':
    case 'unknown':
      return '';
  }
}

/** `in 12 days`, or `now` once the time has come. */
export function inDays(at: Date, now: Date): string {
  const days = Math.ceil((at.getTime() - now.getTime()) / dayMs);
  if (days <= 0) return 'now';
  return days === 1 ? 'within a day' : `in ${days} days`;
}
