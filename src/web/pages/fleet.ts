import { bytes } from '../../domain/brands.ts';
import { count, countOf } from '../../domain/count.ts';
import { dayMs } from '../../domain/dates.ts';
import type { Forecast } from '../../domain/forecast.ts';
import type { QuotaBand } from '../../domain/quota-band.ts';
import { formatUse, fullestView, limitedResources } from '../../domain/quota.ts';
import type { DayTotals } from '../../ports/browse.ts';
import {
  type AccountDetail,
  byBand,
  detailsOf,
  fullestOf,
  fullnessOverTime,
  scannedAccounts,
} from '../../watch/fleet.ts';
import { type Status, statusOf } from '../../watch/status.ts';
import { shareBar, usageBar } from '../charts/bar.ts';
import { freedChart } from '../charts/freed-chart.ts';
import { trend } from '../charts/trend.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { accountLink, sizeText, htmlTable } from './figures.ts';
import { heldUp } from './held-up.ts';
import type { WebPage } from './layout.ts';

const fullestShown = 15;
const chartDays = 90;

/** `/`: the fleet at a glance. */
export async function fleetPage(source: WebSource): Promise<WebPage> {
  const now = source.clock.now();
  const accounts = await scannedAccounts(source);
  const fullest = await detailsOf(source.catalog, fullestOf(accounts, fullestShown), now);
  const since = new Date(now.getTime() - chartDays * dayMs);
  const days = await source.catalog.days(since);
  const status = await statusOf(source);
  const body = html`
    ${tiles(status, accounts.length, days)}
    <section aria-labelledby="held">
      <h2 id="held">Held up</h2>
      ${heldUp(status)}
    </section>
    <section aria-labelledby="fullest">
      <h2 id="fullest">Fullest accounts</h2>
      ${
        fullest.length === 0
          ? html`<p>No account with a quota limit has been scanned yet.</p>`
          : htmlTable(
              'Accounts closest to their limits, at the last scan',
              fullestColumns,
              fullest.map((one) => fullestRow(one, now)),
            )
      }
    </section>
    <section aria-labelledby="bands">
      <h2 id="bands">Accounts by fullness</h2>
      ${bandTable(byBand(accounts))}
    </section>
    <section aria-labelledby="freed">
      <h2 id="freed">Space freed</h2>
      ${freedChart(days, since, now)} ${freedTable(days)}
    </section>
  `;
  return { title: 'Fleet', section: '/', body };
}

function tiles({ daemons, held }: Status, accounts: number, days: readonly DayTotals[]): Html {
  const jobs = daemons.reduce((sum, { state }) => sum + state.jobs.length, 0);
  const freed = days.reduce((sum, { deleted }) => sum + deleted.bytes, 0);
  const waiting = held.pending.reduce((sum, pending) => sum + pending.bytes, 0);
  const work = daemons.length === 0 ? 'no daemon' : jobs === 0 ? 'idle' : countOf(jobs, 'job');
  const replicas = daemons.length > 1 ? html` on ${countOf(daemons.length, 'replica')}` : '';
  return html`<dl class="tiles">
    <div>
      <dt>Accounts</dt>
      <dd>${count(accounts)}</dd>
    </div>
    <div>
      <dt>Running</dt>
      <dd>${work}${replicas}</dd>
    </div>
    <div>
      <dt>Freed in ${chartDays} days</dt>
      <dd>${sizeText(freed)}</dd>
    </div>
    <div>
      <dt>Archived, awaiting deletion</dt>
      <dd>${sizeText(waiting)}</dd>
    </div>
  </dl>`;
}

const fullestColumns = [
  { title: 'Account' },
  { title: 'Server' },
  { title: 'Full', number: true },
  { title: 'Usage' },
  { title: 'Used' },
  { title: '30 days' },
  { title: 'Days until full' },
];

function fullestRow(found: AccountDetail, now: Date): readonly (Html | string)[] {
  const view = fullestView((found.roots ?? []).flatMap(limitedResources));
  const percent = found.percent ?? 0;
  const used = view === null ? '' : formatUse(view.resource, view.used);
  const limit = view === null || view.limit === null ? '' : ` of ${formatUse(view.resource, view.limit)}`;
  const from = new Date(now.getTime() - 30 * dayMs);
  return [
    accountLink(found),
    found.server,
    `${percent.toFixed(1)} %`,
    usageBar(percent),
    `${used}${limit}`,
    trend(fullnessOverTime(found.samples), { from, to: now }),
    daysToFull(found.when, now),
  ];
}

/** How long until it is full, in a few words. */
export function daysToFull(when: Forecast, now: Date): string {
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

const bandNames: Readonly<Record<QuotaBand, string>> = {
  '0-50': 'under 50 %',
  '50-80': '50 to 80 %',
  '80-90': '80 to 90 %',
  '90-95': '90 to 95 %',
  '95-100': '95 to 100 %',
  over: '100 % or more',
  unlimited: 'no limit',
  unknown: 'unknown',
};

function bandTable(bands: ReadonlyMap<QuotaBand, number>): Html {
  const most = Math.max(...bands.values());
  const rows = [...bands].map(([band, accounts]) => [
    bandNames[band],
    count(accounts),
    shareBar(accounts, most),
  ]);
  return htmlTable(
    'Accounts by their fullest resource',
    [{ title: 'Full' }, { title: 'Accounts', number: true }, { title: 'Share' }],
    rows,
  );
}

function freedTable(days: readonly DayTotals[]): Html {
  const freed = days.filter(({ deleted, archived }) => deleted.messages + archived.messages > 0);
  if (freed.length === 0) return html`<p>Nothing was archived or deleted in ${chartDays} days.</p>`;
  const rows = freed
    .toReversed()
    .map(({ day, archived, deleted }) => [
      day.toISOString().slice(0, 10),
      `${count(archived.messages)} (${sizeText(archived.bytes)})`,
      `${count(deleted.messages)} (${sizeText(bytes(deleted.bytes))})`,
    ]);
  return html`<details>
    <summary>Show as a table</summary>
    ${htmlTable('Messages archived and deleted by day', [{ title: 'Day' }, { title: 'Archived', number: true }, { title: 'Deleted', number: true }], rows)}
  </details>`;
}
