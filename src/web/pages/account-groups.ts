import type { CsvTable } from '../../documents/csv.ts';
import { type AccountGroup, groupOf } from '../../domain/account-group.ts';
import { count, countOf } from '../../domain/count.ts';
import type { ScannedAccount } from '../../watch/fleet.ts';
import { usageBar } from '../charts/bar.ts';
import { html, type Html } from '../html.ts';
import { accountLink, htmlTable, link, sizeText } from './figures.ts';

/** The accounts of one domain or server together. */
interface Group {
  readonly name: string;
  readonly accounts: number;
  /** Bytes of all that is reported; null: nothing is. */
  readonly used: number | null;
  /** Null: one of them has no limit, or none is reported. */
  readonly limit: number | null;
  readonly over80: number;
  readonly over90: number;
  readonly fullest: ScannedAccount | null;
}

/** One line for each domain or server; the one with the fullest account first. */
function groups(accounts: readonly ScannedAccount[], by: AccountGroup): readonly Group[] {
  return [...Map.groupBy(accounts, (one) => groupOf(one, by))]
    .map(([name, members]) => group(name, members))
    .toSorted(
      (a, b) => (b.fullest?.percent ?? -1) - (a.fullest?.percent ?? -1) || (b.used ?? -1) - (a.used ?? -1),
    );
}

function group(name: string, members: readonly ScannedAccount[]): Group {
  const storage = members.flatMap(({ roots }) => (roots ?? []).flatMap((root) => root.storage ?? []));
  const limits = storage.map(({ limit }) => limit);
  const over = (percent: number): number => members.filter((one) => (one.percent ?? 0) > percent).length;
  const [fullest = null] = members
    .filter(({ percent }) => percent !== null)
    .toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0));
  return {
    name,
    accounts: members.length,
    used: storage.length === 0 ? null : storage.reduce((sum, { used }) => sum + used, 0),
    limit:
      limits.length === 0 || limits.includes(null)
        ? null
        : limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0),
    over80: over(80),
    over90: over(90),
    fullest,
  };
}

const titles = { domain: 'Domain', server: 'Server' } as const;

/** The accounts summed up, each line leading to its accounts. */
export function groupTable(accounts: readonly ScannedAccount[], by: AccountGroup): Html {
  const found = groups(accounts, by);
  const columns = [
    { title: titles[by] },
    { title: 'Accounts', number: true },
    { title: 'Used', number: true },
    { title: 'Limit', number: true },
    { title: 'Over 80 %', number: true },
    { title: 'Over 90 %', number: true },
    { title: 'Fullest' },
    { title: 'Full', number: true },
    { title: 'Usage' },
  ];
  const rows = found.map(({ name, fullest, ...one }) => [
    html`<a href="${link('/accounts', { [by]: name })}">${name}</a>`,
    count(one.accounts),
    one.used === null ? 'unknown' : sizeText(one.used),
    one.limit === null ? '' : sizeText(one.limit),
    count(one.over80),
    count(one.over90),
    fullest === null ? '' : accountLink(fullest),
    fullest === null ? '' : `${(fullest.percent ?? 0).toFixed(1)} %`,
    fullest === null ? '' : usageBar(fullest.percent ?? 0),
  ]);
  const many = countOf(found.length, by);
  return htmlTable(
    `${countOf(accounts.length, 'account')} in ${many}, the fullest first, as of the last scan`,
    columns,
    rows,
  );
}

export function groupsCsv(accounts: readonly ScannedAccount[], by: AccountGroup): CsvTable {
  return {
    titles: [by, 'accounts', 'usedBytes', 'limitBytes', 'over80', 'over90', 'fullest', 'percent'],
    rows: groups(accounts, by).map(({ name, accounts: members, used, limit, over80, over90, fullest }) => [
      name,
      members,
      used,
      limit,
      over80,
      over90,
      fullest?.account ?? null,
      fullest === null ? null : Number((fullest.percent ?? 0).toFixed(1)),
    ]),
  };
}
