import { countOf } from '../../domain/count.ts';
import { dayMs } from '../../domain/dates.ts';
import type { Forecast } from '../../domain/forecast.ts';
import type { QuotaBand } from '../../domain/quota-band.ts';
import { formatUse, fullestView, limitedResources } from '../../domain/quota.ts';
import { type AccountDetail, fullnessOverTime } from '../../watch/fleet.ts';
import { usageBar } from '../charts/bar.ts';
import { trend } from '../charts/trend.ts';
import type { Html } from '../html.ts';
import { accountLink, type TableCell } from './figures.ts';

export const accountColumns = [
  { title: 'Account' },
  { title: 'Server' },
  { title: 'Full', number: true },
  { title: 'Usage' },
  { title: 'Used' },
  { title: '30 days' },
  { title: 'Days until full' },
] as const;

/** An account in a list. */
export function accountRow(found: AccountDetail, now: Date): readonly TableCell[] {
  const view = fullestView((found.roots ?? []).flatMap(limitedResources));
  const { percent } = found;
  const used = view === null ? '' : formatUse(view.resource, view.used);
  const limit = view === null || view.limit === null ? '' : ` of ${formatUse(view.resource, view.limit)}`;
  const from = new Date(now.getTime() - 30 * dayMs);
  return [
    accountLink(found),
    found.server,
    percent === null ? '' : `${percent.toFixed(1)} %`,
    percent === null ? '' : usageBar(percent),
    found.at === null ? 'not scanned yet' : `${used}${limit}`,
    trend(fullnessOverTime(found.samples), { from, to: now }),
    daysToFull(found.when, now),
  ];
}

/** How long until it is full, in a few words. */
export function daysToFull(when: Forecast, now: Date): Html | string {
  switch (when.kind) {
    case 'full': {
      const days = Math.ceil((when.at.getTime() - now.getTime()) / dayMs);
      return days <= 0 ? 'now' : countOf(days, 'day');
    }
    case 'not growing':
      return 'not growing';
    case 'no limit':
      return 'no limit';
    case 'unknown':
      return 'too few scans';
  }
}

export const bandNames: Readonly<Record<QuotaBand, string>> = {
  '0-50': 'under 50 %',
  '50-80': '50 to 80 %',
  '80-90': '80 to 90 %',
  '90-95': '90 to 95 %',
  '95-100': '95 to 100 %',
  over: '100 % or more',
  unlimited: 'no limit',
  unknown: 'unknown',
};
