import { z } from 'zod';
import { bytes } from '../../domain/brands.ts';
import { count, countOf } from '../../domain/count.ts';
import { dayMs } from '../../domain/dates.ts';
import type { QuotaBand } from '../../domain/quota-band.ts';
import type { DayTotals } from '../../ports/browse.ts';
import { byBand, detailsOf, fullestOf, scannedAccounts } from '../../watch/fleet.ts';
import { type HeldUp, heldUpNow } from '../../watch/status.ts';
import { shareBar } from '../charts/bar.ts';
import { freedChart } from '../charts/freed-chart.ts';
import { html, type Html } from '../html.ts';
import { given, readQuery } from '../query.ts';
import type { WebSource } from '../source.ts';
import { accountColumns, accountRow, bandNames } from './account-row.ts';
import { attention, attentionSection, waitingSection } from './attention.ts';
import { htmlTable, link, sizeText } from './figures.ts';
import type { WebPage } from './layout.ts';
import { replicasSection } from './replicas.ts';

const fullestShown = 10;
const chartDays = 90;
/** Seconds between two looks, for those who ask for them. */
const refreshSeconds = 30;

const querySchema = z.strictObject({ refresh: given(z.literal('yes')) });

/** `/`: what needs attention, and everything at a glance. */
export async function overviewPage(source: WebSource, query: unknown): Promise<WebPage> {
  const refresh = readQuery(querySchema, query).refresh === 'yes' ? refreshSeconds : null;
  const now = source.clock.now();
  const accounts = await scannedAccounts(source);
  const fullest = await detailsOf(source.catalog, fullestOf(accounts, fullestShown), now);
  const since = new Date(now.getTime() - chartDays * dayMs);
  const days = await source.catalog.days(since);
  const status = await heldUpNow(source);
  const bands = byBand(accounts);
  const faults = attention(status);
  const body = html`
    ${attentionSection(faults)}
    ${tiles(status, { bands, days, faults: faults.length, stores: source.stores.size, now })}
    ${refreshLink(refresh)}
    <section aria-labelledby="fullest">
      <h2 id="fullest">Fullest accounts</h2>
      ${
        fullest.length === 0
          ? html`<p>No account with a quota limit has been scanned yet.</p>`
          : htmlTable(
              'Accounts closest to their limits, at the last scan',
              accountColumns,
              fullest.map((one) => accountRow(one, now)),
            )
      }
      <p><a href="/accounts">All ${countOf(accounts.length, 'account')}</a></p>
    </section>
    ${waitingSection(status)} ${replicasSection(status)}
    <section aria-labelledby="bands">
      <h2 id="bands">Accounts by fullness</h2>
      ${bandTable(bands, accounts.length)}
    </section>
    <section aria-labelledby="freed">
      <h2 id="freed">Space freed</h2>
      ${freedChart(days, since, now)} ${freedTable(days)}
    </section>
  `;
  return { title: 'Overview', section: '/', body, refresh };
}

/** Nothing reloads unless it was asked for: a page that changes by itself is hard to read aloud (WCAG 2.2.4). */
function refreshLink(refresh: number | null): Html {
  return refresh === null
    ? html`<p class="note"><a href="/?refresh=yes">Refresh every ${refreshSeconds} seconds</a></p>`
    : html`<p class="note">Refreshed every ${refresh} seconds. <a href="/">Stop</a></p>`;
}

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly to: string;
  readonly tone?: 'bad' | 'odd' | 'good';
  /** Where it is heading. */
  readonly trend?: string;
}

interface Figures {
  readonly bands: ReadonlyMap<QuotaBand, number>;
  readonly days: readonly DayTotals[];
  /** Lines of what needs attention. */
  readonly faults: number;
  readonly stores: number;
  readonly now: Date;
}

function tiles(status: HeldUp, { bands, days, faults, stores, now }: Figures): Html {
  const { daemons, held } = status;
  const freed = days.reduce((sum, { deleted }) => sum + deleted.bytes, 0);
  const pending = held.pending.reduce((sum, one) => sum + one.bytes, 0);
  const jobs = daemons.flatMap(({ state }) => state.jobs).length;
  const accounts = [...bands.values()].reduce((sum, many) => sum + many, 0);
  const full = (bands.get('95-100') ?? 0) + (bands.get('over') ?? 0);
  const near = (bands.get('80-90') ?? 0) + (bands.get('90-95') ?? 0);
  const all: readonly Tile[] = [
    {
      name: 'Needs attention',
      value: faults === 0 ? 'nothing' : count(faults),
      to: '#attention',
      tone: faults === 0 ? 'good' : 'bad',
    },
    { name: 'Accounts', value: count(accounts), to: '/accounts' },
    {
      name: '95 % full or more',
      value: count(full),
      to: link('/accounts', { sort: 'fullest' }),
      tone: full === 0 ? 'good' : 'bad',
    },
    {
      name: '80 to 95 % full',
      value: count(near),
      to: link('/accounts', { sort: 'fullest' }),
      tone: near === 0 ? 'good' : 'odd',
    },
    {
      name: 'Running now',
      value: daemons.length === 0 ? 'no daemon' : jobs === 0 ? 'nothing' : countOf(jobs, 'job'),
      to: '/runs',
      ...(daemons.length === 0 ? { tone: 'odd' } : {}),
    },
    storesTile(status, stores),
    { name: `Freed in ${chartDays} days`, value: sizeText(freed), to: '#freed', trend: weekTrend(days, now) },
    { name: 'Archived, not yet deleted', value: sizeText(pending), to: '/policies' },
  ];
  return html`<ul class="tiles">
    ${all.map(
      ({ name, value, to, tone, trend }) =>
        html`<li>
          <a href="${to}" class="${tone ?? 'plain'}"
            ><span>${name}</span> <strong>${value}</strong>${
              trend !== undefined && html` <small>${trend}</small>`
            }</a
          >
        </li>`,
    )}
  </ul>`;
}

/** What was freed in the last week, beside the week before. */
function weekTrend(days: readonly DayTotals[], now: Date): string {
  const freed = (from: number, to: number): number =>
    days
      .filter(({ day }) => day.getTime() > now.getTime() - from * dayMs)
      .filter(({ day }) => day.getTime() <= now.getTime() - to * dayMs)
      .reduce((sum, { deleted }) => sum + deleted.bytes, 0);
  const [week, before] = [freed(7, 0), freed(14, 7)];
  if (before === 0) return `${sizeText(week)} in the last 7 days`;
  const percent = Math.round((100 * Math.abs(week - before)) / before);
  const than = percent === 0 ? 'as much as' : `${count(percent)} % ${week > before ? 'more' : 'less'} than`;
  return `${sizeText(week)} in the last 7 days, ${than} in the 7 before`;
}

function storesTile({ held }: HeldUp, stores: number): Tile {
  const bad = new Set([...held.stores, ...held.quarantined].map(({ store }) => store)).size;
  return {
    name: 'Stores',
    value: bad === 0 ? count(stores) : `${count(bad)} of ${count(stores)} unsound`,
    to: '/stores',
    tone: bad === 0 ? 'good' : 'bad',
  };
}

function bandTable(bands: ReadonlyMap<QuotaBand, number>, total: number): Html {
  const rows = [...bands]
    .filter(([, accounts]) => accounts > 0)
    .map(([band, accounts]) => [
      html`<a href="${link('/accounts', { band })}">${bandNames[band]}</a>`,
      count(accounts),
      shareBar(accounts, total),
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
