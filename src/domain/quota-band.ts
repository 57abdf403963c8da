import { limitedResources, percentUsed, type QuotaRoot } from './quota.ts';

/** How full accounts are, in percent of the limit; a bound belongs to the band above it. */
export const quotaBands = [
  '0-50',
  '50-80',
  '80-90',
  '90-95',
  '95-100',
  'over',
  'unlimited',
  'unknown',
] as const;

export type QuotaBand = (typeof quotaBands)[number];

/** The fullest limited resource of an account in percent; null where nothing is limited or reported. */
export function fullestPercent(roots: readonly QuotaRoot[] | null): number | null {
  let fullest: number | null = null;
  for (const view of (roots ?? []).flatMap(limitedResources)) {
    const percent = percentUsed(view);
    if (percent !== null && (fullest === null || percent > fullest)) fullest = percent;
  }
  return fullest;
}

/** The band of an account. `roots` null: the server reports no quota, or was not asked yet. */
export function quotaBand(roots: readonly QuotaRoot[] | null): QuotaBand {
  if (roots === null) return 'unknown';
  const percent = fullestPercent(roots);
  if (percent === null) return 'unlimited';
  if (percent < 50) return '0-50';
  if (percent < 80) return '50-80';
  if (percent < 90) return '80-90';
  if (percent < 95) return '90-95';
  return percent < 100 ? '95-100' : 'over';
}
