import { dayMs } from '../domain/dates.ts';
import { forecast, type Forecast, type UseSample } from '../domain/forecast.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { QuotaSample } from '../ports/watch.ts';

/** Samples older than this say nothing about the present growth, in milliseconds. */
export const forecastWindowMs = 30 * dayMs;

/** When the first of the account's quota roots will be full, by bytes or by messages. */
export function accountForecast(samples: readonly QuotaSample[], now: Date): Forecast {
  const newest = samples.reduce((latest, { at }) => Math.max(latest, at.getTime()), 0);
  const forecasts = [...Map.groupBy(samples, ({ root }) => root).values()]
    // A root that the newest scan did not find no longer exists.
    .filter((group) => group.some(({ at }) => at.getTime() === newest))
    .flatMap((group) => [
      forecast(
        usesOf(group, ({ usedBytes: used, limitBytes: limit }) => ({ used, limit })),
        now,
      ),
      forecast(
        usesOf(group, ({ usedMessages: used, limitMessages: limit }) => ({ used, limit })),
        now,
      ),
    ]);
  const full = forecasts.filter((one) => one.kind === 'full');
  const first = full.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0];
  if (first !== undefined) return first;
  for (const kind of ['not growing', 'no limit'] as const) {
    if (forecasts.some((one) => one.kind === kind)) {
      const unsure = kind === 'no limit' && forecasts.some((one) => one.kind === 'unknown');
      return unsure && samples.some(isLimited) ? { kind: 'unknown' } : { kind };
    }
  }
  return { kind: 'unknown' };
}

/** The roots that the samples, the newest of each, were read from; null without samples. */
export function rootsOf(samples: readonly QuotaSample[]): readonly QuotaRoot[] | null {
  if (samples.length === 0) return null;
  return samples.map(({ root, usedBytes, limitBytes, usedMessages, limitMessages }) => ({
    name: root,
    storage: usedBytes === null ? null : { used: usedBytes, limit: limitBytes },
    message: usedMessages === null ? null : { used: usedMessages, limit: limitMessages },
    folders: [],
  }));
}

function isLimited({ limitBytes, limitMessages }: QuotaSample): boolean {
  return (limitBytes ?? 0) > 0 || (limitMessages ?? 0) > 0;
}

function usesOf(
  samples: readonly QuotaSample[],
  pick: (sample: QuotaSample) => { readonly used: number | null; readonly limit: number | null },
): readonly UseSample[] {
  return samples.flatMap((sample) => {
    const { used, limit } = pick(sample);
    return used === null ? [] : [{ at: sample.at, used, limit }];
  });
}
