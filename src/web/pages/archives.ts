import { z } from 'zod';
import { archivesCsv } from '../../documents/archives.ts';
import { csvText } from '../../documents/csv.ts';
import { shortId } from '../../domain/brands.ts';
import { count, countOf } from '../../domain/count.ts';
import type { ArchiveFilter, ArchiveRecord } from '../../ports/records.ts';
import { oneArchive } from '../../read/wanted.ts';
import { html, type Html } from '../html.ts';
import { accountsOf, archiveState, given, readQuery, whole, word } from '../query.ts';
import type { WebSource } from '../source.ts';
import { accountLink, htmlTable, link, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';
import { choice, csvLink, mostInCsv, paging, perPage, textField } from './paging.ts';

const querySchema = z.strictObject({
  account: given(word),
  policy: given(word),
  store: given(word),
  state: given(archiveState),
  page: given(whole),
});

type Wish = z.output<typeof querySchema>;

/** `/archives`: newest first. */
export async function archivesPage(source: WebSource, query: unknown): Promise<WebPage> {
  const wish = readQuery(querySchema, query);
  const { account, policy, store, state, page = 1 } = wish;
  const offset = (Math.max(1, page) - 1) * perPage;
  const { rows, total } = await source.catalog.archivePage(filterOf(source, wish), {
    limit: perPage,
    offset,
  });
  const kept = {
    account: account ?? null,
    policy: policy ?? null,
    store: store ?? null,
    state: state ?? null,
  };
  const policies = source.config.policies.map(({ name }) => name);
  const body = html`
    <form method="get" action="/archives" role="search">
      ${textField('account', 'Account (* matches any part)', account)}
      ${choice('policy', 'Policy', policies, policy)}
      ${choice('store', 'Store', [...source.stores.keys()], store)}
      ${choice('state', 'State', archiveState.options, state)}
      <button>Show</button>
    </form>
    ${
      rows.length === 0
        ? html`<p>No archives.</p>`
        : htmlTable(`${countOf(total, 'archive')}, newest first`, columns, rows.map(cells))
    }
    ${paging('/archives', kept, { page: Math.max(1, page), more: offset + rows.length < total })}
    ${csvLink('/archives.csv', kept, total)}
  `;
  return { title: 'Archives', section: '/archives', body };
}

/** The same list as comma-separated values, without pages. */
export async function archiveListCsv(source: WebSource, query: unknown): Promise<string> {
  const filter = filterOf(source, readQuery(querySchema, query));
  const { rows } = await source.catalog.archivePage(filter, { limit: mostInCsv, offset: 0 });
  return csvText(archivesCsv(rows));
}

function filterOf(source: WebSource, { account, policy, store, state }: Wish): ArchiveFilter {
  const accounts = accountsOf(source.config.accounts, account);
  return {
    ...(accounts === undefined ? {} : { accounts }),
    ...(policy === undefined ? {} : { policy }),
    ...(store === undefined ? {} : { store }),
    ...(state === undefined ? {} : { states: [state] }),
  };
}

const columns = [
  { title: 'Archive' },
  { title: 'Account' },
  { title: 'Folder' },
  { title: 'Policy' },
  { title: 'Messages', number: true },
  { title: 'Mail', number: true },
  { title: 'Stored', number: true },
  { title: 'Created' },
  { title: 'State' },
];

function cells(record: ArchiveRecord): readonly (Html | string)[] {
  return [
    html`<a href="/archives/${record.id}"><code>${shortId(record.id)}</code></a>`,
    accountLink(record),
    record.folder,
    record.policy,
    count(record.messages),
    sizeText(record.bytes),
    sizeText(record.storedBytes),
    time(record.created),
    tag(record.state),
  ];
}

/** `/archives/<id>`: one archive. Its mail is shown by the search only, behind its own token. */
export async function archivePage(source: WebSource, id: string): Promise<WebPage> {
  const record = await oneArchive(source.catalog, id);
  const entries = await source.catalog.deleteEntries(record.id, [
    'none',
    'pending',
    'deleting',
    'deleted',
    'gone',
    'abandoned',
  ]);
  const states = Map.groupBy(entries, ({ state }) => state);
  const body = html`
    <dl class="facts">
      <dt>ID</dt>
      <dd><code>${record.id}</code></dd>
      <dt>State</dt>
      <dd>${tag(record.state)} ${record.stateReason ?? ''}</dd>
      <dt>Account</dt>
      <dd>${accountLink(record)} on ${record.server}</dd>
      <dt>Folder</dt>
      <dd>${record.folder}</dd>
      <dt>Policy</dt>
      <dd><a href="${link('/runs', { policy: record.policy })}">${record.policy}</a></dd>
      <dt>Store</dt>
      <dd>${record.store}</dd>
      <dt>Object</dt>
      <dd><code>${record.key}</code></dd>
      <dt>Format</dt>
      <dd>${record.format}, ${record.compression}</dd>
      <dt>Messages</dt>
      <dd>
        ${count(record.messages)}, ${sizeText(record.bytes)}; stored
        ${sizeText(record.storedBytes)}${
          source.config.http?.mail === true &&
          html` · <a href="${link('/search', { archive: record.id })}">list them</a>`
        }
      </dd>
      <dt>Created</dt>
      <dd>${time(record.created)}</dd>
      <dt>Last verified</dt>
      <dd>${time(record.verifiedAt)}</dd>
      <dt>To restore it</dt>
      <dd>
        <code>mothball restore ${shortId(record.id)}</code>${
          source.config.http?.restore === true &&
          html` or <a href="${link('/restore', { id: record.id })}">here</a>`
        }
      </dd>
    </dl>
    <section aria-labelledby="mail">
      <h2 id="mail">Its messages on the server</h2>
      <ul>
        ${[...states].map(([state, lines]) => html`<li>${countOf(lines.length, 'message')} ${fates[state]}</li>`)}
      </ul>
    </section>
  `;
  return { title: `Archive ${shortId(record.id)}`, section: '/archives', body };
}

const fates = {
  none: 'not deleted by the policy',
  pending: 'awaiting deletion',
  deleting: 'being deleted',
  deleted: 'deleted and confirmed',
  gone: 'removed by someone else',
  abandoned: 'kept by a check before deletion',
} as const;
