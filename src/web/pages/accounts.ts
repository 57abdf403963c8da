import { z } from 'zod';
import { csvText } from '../../documents/csv.ts';
import { accountGroups, groupOf } from '../../domain/account-group.ts';
import { countOf } from '../../domain/count.ts';
import { accountMatches } from '../../domain/glob.ts';
import type { Policy } from '../../domain/policy.ts';
import { quotaBand, quotaBands } from '../../domain/quota-band.ts';
import { detailsOf, type ScannedAccount, scannedAccounts } from '../../watch/fleet.ts';
import { html, type Html } from '../html.ts';
import { given, readQuery, whole, word } from '../query.ts';
import type { WebSource } from '../source.ts';
import { groupsCsv, groupTable } from './account-groups.ts';
import { accountColumns, accountRow, bandNames } from './account-row.ts';
import { htmlTable, link } from './figures.ts';
import type { WebPage } from './layout.ts';
import { choice, namedChoice, paging, perPage, textField } from './paging.ts';

/** How the list may be ordered. */
const orders = ['fullest', 'emptiest', 'name', 'server'] as const;
const orderNames = {
  fullest: 'fullest first',
  emptiest: 'emptiest first',
  name: 'by name',
  server: 'by server and name',
} as const;

const querySchema = z.strictObject({
  name: given(word),
  server: given(word),
  domain: given(word),
  policy: given(word),
  by: given(z.enum(accountGroups)),
  band: given(z.enum(quotaBands)),
  sort: given(z.enum(orders)),
  page: given(whole),
});

const groupNames = { domain: 'domains', server: 'servers' } as const;
/** More domains than this are no choice to leaf through; the table of domains leads to each. */
const mostChoices = 100;

type Wish = z.output<typeof querySchema>;

/** `/accounts`: all accounts, page by page. */
export async function accountsPage(source: WebSource, query: unknown): Promise<WebPage> {
  const wish = readQuery(querySchema, query);
  const { name, server, domain, policy, by, band, sort = 'fullest' } = wish;
  const page = Math.max(1, wish.page ?? 1);
  const { policies } = source.config;
  const found = wanted(await scannedAccounts(source), wish, policies);
  const kept = {
    name: name ?? null,
    server: server ?? null,
    domain: domain ?? null,
    policy: policy ?? null,
    by: by ?? null,
    band: band ?? null,
    sort: sort === 'fullest' ? null : sort,
  };
  const servers = [...new Set(source.config.accounts.map((one) => one.server))];
  const domains = [...new Set(source.config.accounts.map((one) => groupOf(one, 'domain')))].toSorted();
  const body = html`
    <form method="get" action="/accounts" role="search">
      ${textField('name', 'Part of the name, like @example.com', name)}
      ${servers.length > 1 && choice('server', 'Server', servers, server)}
      ${domains.length > 1 && domains.length <= mostChoices && choice('domain', 'Domain', domains, domain)}
      ${
        policies.length > 0 &&
        choice(
          'policy',
          'Covered by',
          policies.map((one) => one.name),
          policy,
        )
      }
      ${namedChoice('band', 'Full', bandNames, band)} ${namedChoice('by', 'Show', groupNames, by, 'accounts')}
      ${namedChoice('sort', 'Order', orderNames, sort, null)}
      <button>Show</button>
    </form>
    ${found.length === 0 ? html`<p>No accounts.</p>` : by === undefined ? await list(source, found, { page, sort, kept }) : groupTable(found, by, policies)}
    ${found.length > 0 && html`<p><a href="${link('/accounts.csv', kept)}">All of these as CSV</a></p>`}
  `;
  return { title: 'Accounts', section: '/accounts', body };
}

interface Listed {
  readonly page: number;
  readonly sort: (typeof orders)[number];
  readonly kept: Readonly<Record<string, string | null>>;
}

async function list(
  source: WebSource,
  found: readonly ScannedAccount[],
  { page, sort, kept }: Listed,
): Promise<Html> {
  const now = source.clock.now();
  const offset = (page - 1) * perPage;
  const rows = await detailsOf(source.catalog, found.slice(offset, offset + perPage), now);
  const caption = `${countOf(found.length, 'account')}, ${orderNames[sort]}, as of the last scan`;
  const more = offset + rows.length < found.length;
  return html`${htmlTable(
    caption,
    accountColumns,
    rows.map((one) => accountRow(one, now)),
  )}
  ${paging('/accounts', kept, { page, more, names: ['Previous', 'Next'] })}`;
}

/** The same list as comma-separated values, without pages. */
export async function accountsCsv(source: WebSource, query: unknown): Promise<string> {
  const wish = readQuery(querySchema, query);
  const { policies } = source.config;
  const found = wanted(await scannedAccounts(source), wish, policies);
  if (wish.by !== undefined) return csvText(groupsCsv(found, wish.by, policies));
  const rows = found.flatMap(({ server, account, roots, percent, at }) =>
    (roots === null || roots.length === 0 ? [null] : roots).map((root) => [
      server,
      account,
      root?.name ?? null,
      percent === null ? null : Number(percent.toFixed(1)),
      root?.storage?.used ?? null,
      root?.storage?.limit ?? null,
      root?.message?.used ?? null,
      root?.message?.limit ?? null,
      at,
    ]),
  );
  return csvText({ titles: csvTitles, rows });
}

const csvTitles = [
  'server',
  'account',
  'root',
  'percent',
  'usedBytes',
  'limitBytes',
  'usedMessages',
  'limitMessages',
  'scanned',
];

function wanted(
  accounts: readonly ScannedAccount[],
  wish: Wish,
  policies: readonly Policy[],
): readonly ScannedAccount[] {
  const part = wish.name?.trim().toLowerCase() ?? '';
  const covering = policies.filter(({ name }) => name === wish.policy);
  return accounts
    .filter(
      ({ server, account, roots }) =>
        account.toLowerCase().includes(part) &&
        (wish.server === undefined || server === wish.server) &&
        (wish.domain === undefined || groupOf({ server, account }, 'domain') === wish.domain.toLowerCase()) &&
        (wish.policy === undefined || covering.some((one) => accountMatches(one.accounts, account))) &&
        (wish.band === undefined || quotaBand(roots) === wish.band),
    )
    .toSorted(byOrder[wish.sort ?? 'fullest']);
}

type Compare = (a: ScannedAccount, b: ScannedAccount) => number;

/** Code units, which is the order of the configuration's names everywhere else; ICU takes far longer. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName: Compare = (a, b) => compareText(a.account, b.account) || compareText(a.server, b.server);
const byOrder: Readonly<Record<(typeof orders)[number], Compare>> = {
  // What has no limit or was not scanned comes last in both directions.
  fullest: (a, b) => (b.percent ?? -1) - (a.percent ?? -1) || byName(a, b),
  emptiest: (a, b) => (a.percent ?? Infinity) - (b.percent ?? Infinity) || byName(a, b),
  name: byName,
  server: (a, b) => compareText(a.server, b.server) || byName(a, b),
};
