import { csvText } from '../../documents/csv.ts';
import { storeCsv, storeCsvTitles } from '../../documents/stores.ts';
import { count, countOf } from '../../domain/count.ts';
import { growthDays, storesOf, type StoreState } from '../../watch/stores.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { htmlTable, link, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';

/** `/stores`: how large each is and grows, and whether its archives are sound. */
export async function storesPage(source: WebSource): Promise<WebPage> {
  const stores = await storesOf(source);
  const body =
    stores.length === 0
      ? html`<p>There are no stores.</p>`
      : html`${htmlTable('Stores, by the archives that the database knows', columns, stores.map(cells))}
          ${stores.map(section)}
          <p><a href="/stores.csv">All of these as CSV</a></p>`;
  return { title: 'Stores', section: '/stores', body };
}

/** The same as comma-separated values. */
export async function storesCsv(source: WebSource): Promise<string> {
  const rows = (await storesOf(source)).map(storeCsv);
  return csvText({ titles: storeCsvTitles, rows });
}

const columns = [
  { title: 'Store' },
  { title: 'State' },
  { title: 'Archives', number: true },
  { title: 'Stored', number: true },
  { title: `Added in ${growthDays} days`, number: true },
  { title: 'Free', number: true },
  { title: 'Last scrub' },
];

/** In one word; the worst counts. */
function stateOf({ disabled, quarantined }: StoreState): string {
  if (disabled !== null) return 'disabled';
  return quarantined > 0 ? 'quarantined' : 'ok';
}

function cells(one: StoreState): readonly (Html | string)[] {
  return [
    html`<a href="#store-${one.store}">${one.store}</a>`,
    tag(stateOf(one)),
    count(one.archives),
    sizeText(one.storedBytes),
    `+${sizeText(one.grown.storedBytes)}`,
    freeText(one),
    time(one.scrubbed),
  ];
}

function freeText({ freeBytes, kind }: StoreState): string {
  if (freeBytes !== null) return sizeText(freeBytes);
  return kind === 's3' ? 'no bound' : 'unknown';
}

function section(one: StoreState): Html {
  const { store, unverified, unverifiedId, quarantined, owner } = one;
  return html`<section aria-labelledby="store-${store}">
    <h2 id="store-${store}">${store}</h2>
    ${one.disabled !== null && html`<p class="alarm">Disabled: ${one.disabled}</p>`}
    <dl class="facts">
      <dt>Kind</dt>
      <dd>${one.kind === 'local' ? 'local directory' : 'S3 bucket'}</dd>
      <dt>Archives</dt>
      <dd>
        <a href="${link('/archives', { store })}">${countOf(one.archives, 'archive')}</a> of
        ${countOf(one.messages, 'message')}, ${sizeText(one.bytes)} of mail
      </dd>
      <dt>Stored</dt>
      <dd>${sizeText(one.storedBytes)}, without manifests and receipts</dd>
      <dt>Growth</dt>
      <dd>
        ${countOf(one.grown.archives, 'archive')}, ${sizeText(one.grown.storedBytes)} in ${growthDays} days
      </dd>
      <dt>Free</dt>
      <dd>${freeText(one)}</dd>
      <dt>Last scrub</dt>
      <dd>
        ${time(one.scrubbed)}${one.longestUnread !== null && html`; every archive was read back on ${time(one.longestUnread)} or later`}
      </dd>
      <dt>Not verified</dt>
      <dd>
        ${
          unverified === 0
            ? 'none: each was read back'
            : html`<a href="${link('/archives', { store, state: 'sealed' })}"
                  >${countOf(unverified, 'archive')}</a
                >; the
                oldest${unverifiedId !== null && html` <a href="/archives/${unverifiedId}">is from</a>`}
                ${time(one.oldestUnverified)}`
        }
      </dd>
      <dt>Quarantined</dt>
      <dd>
        ${
          quarantined === 0
            ? 'none'
            : html`<a href="${link('/archives', { store, state: 'quarantined' })}"
                >${countOf(quarantined, 'archive')}</a
              >`
        }
      </dd>
      <dt>Marker</dt>
      <dd>${one.marker === null ? 'none: no run has used it yet' : html`<code>${one.marker}</code>`}</dd>
      <dt>Written by</dt>
      <dd>${owner === null ? 'unknown' : ownerText(owner)}</dd>
    </dl>
  </section>`;
}

function ownerText({ ours, place, database, since }: NonNullable<StoreState['owner']>): Html {
  const where = place === '' ? null : html`, ${place}`;
  return html`${ours ? 'this database' : 'another database'} (<code>${database}</code>${where}), since
  ${Number.isNaN(Date.parse(since)) ? since : time(new Date(since))}`;
}
