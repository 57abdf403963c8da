import { dayMs } from './dates.ts';
/** One reading of a quota root's resource. */
export interface UseSample {
  readonly at: Date;
  readonly used: number;
  /** Null or 0: no limit. */
  readonly limit: number | null;
}

export type Forecast =
  /** It reaches its limit then, if it grows on as it did. */
  | { readonly kind: 'full'; readonly at: Date }
  /** It does not grow, or not so that it matters within ten years. */
  | { readonly kind: 'not growing' }
  | { readonly kind: 'no limit' }
  /** Too few samples since the last drop, or over too short a time. */
  | { readonly kind: 'unknown' };

const hourMs = 3_600_000;
/** Samples older than this say nothing of the growth now. */
const windowMs = 30 * dayMs;
/** A forecast needs at least this many samples, over at least this time. */
const fewest = 3;
const shortestMs = 6 * hourMs;
const horizonMs = 3650 * dayMs;
/** A fall by more than this part of the limit is a clean-up and not noise. */
const dropShare = 0.02;
/** Pairs grow with the square: at most this many samples, spread evenly. */
const mostSamples = 150;

/**
 * When the resource will be full, by the Theil–Sen line (the median of the slopes of all pairs, which
 * outliers hardly move) through the samples of the last 30 days since the last drop: before a drain
 * it was another line. `samples` in any order. The line starts at the newest sample.
 */
export function forecast(samples: readonly UseSample[], now: Date): Forecast {
  const sorted = samples.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const newest = sorted.at(-1);
  if (newest === undefined) return { kind: 'unknown' };
  const { limit } = newest;
  if (limit === null || limit <= 0) return { kind: 'no limit' };
  if (newest.used >= limit) return { kind: 'full', at: newest.at };
  const oldest = Math.max(now.getTime() - windowMs, 0);
  const recent = sinceLastDrop(sorted, limit).filter(({ at }) => at.getTime() >= oldest);
  const first = recent[0];
  if (first === undefined || recent.length < fewest || newest.at.getTime() - first.at.getTime() < shortestMs)
    return { kind: 'unknown' };
  const slope = medianSlope(spread(recent));
  if (slope <= 0) return { kind: 'not growing' };
  const after = (limit - newest.used) / slope;
  if (after > horizonMs) return { kind: 'not growing' };
  return { kind: 'full', at: new Date(newest.at.getTime() + Math.ceil(after)) };
}

/** From the sample at which the last drop ended. */
function sinceLastDrop(sorted: readonly UseSample[], limit: number): readonly UseSample[] {
  const start = sorted.findLastIndex((sample, index) => {
    const before = sorted[index - 1];
    return before !== undefined && before.used - sample.used > limit * dropShare;
  });
  return sorted.slice(Math.max(0, start));
}

/** At most `mostSamples` of them, the first and the last among them. */
function spread(samples: readonly UseSample[]): readonly UseSample[] {
  if (samples.length <= mostSamples) return samples;
  const step = (samples.length - 1) / (mostSamples - 1);
  return Array.from({ length: mostSamples }, (_, index) => samples[Math.round(index * step)]).filter(
    (sample) => sample !== undefined,
  );
}

/** Units per millisecond; 0 when all samples are of one moment. */
function medianSlope(samples: readonly UseSample[]): number {
  const slopes: number[] = [];
  for (const [index, late] of samples.entries()) {
    for (const early of samples.slice(0, index)) {
      const time = late.at.getTime() - early.at.getTime();
      if (time > 0) slopes.push((late.used - early.used) / time);
    }
  }
  const sorted = slopes.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}
