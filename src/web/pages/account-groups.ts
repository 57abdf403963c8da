import type { CsvTable } from '../../documents/csv.ts';
import { type AccountGroup, groupOf } from '../../domain/account-group.ts';
import { accountMatches } from '../../domain/glob.ts';
import type { Policy } from '../../domain/policy.ts';
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
  /** Policies that cover some of them, and how many. */
  readonly policies: readonly { readonly name: string; readonly accounts: number }[];
}

/** One line for each domain or server; the one with the fullest account first. */
function groups(
  accounts: readonly ScannedAccount[],
  by: AccountGroup,
  policies: readonly Policy[],
): readonly Group[] {
  return [...Map.groupBy(accounts, (one) => groupOf(one, by))]
    .map(([name, members]) => group(name, members, policies))
    .toSorted(
      (a, b) => (b.fullest?.percent ?? -1) - (a.fullest?.percent ?? -1) || (b.used ?? -1) - (a.used ?? -1),
    );
}

function group(name: string, members: readonly ScannedAccount[], policies: readonly Policy[]): Group {
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
    policies: policies
      .map((policy) => ({
        name: policy.name,
        accounts: members.filter(({ account }) => accountMatches(policy.accounts, account)).length,
      }))
      .filter((one) => one.accounts > 0),
  };
}

const titles = { domain: 'Domain', server: 'Server' } as const;

/** The accounts summed up, each line leading to its accounts. */
export function groupTable(
  accounts: readonly ScannedAccount[],
  by: AccountGroup,
  policies: readonly Policy[],
): Html {
  const found = groups(accounts, by, policies);
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
    { title: 'Policies' },
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
    policyNames(one),
  ]);
  const many = countOf(found.length, by);
  return htmlTable(
    `${countOf(accounts.length, 'account')} in ${many}, the fullest first, as of the last scan`,
    columns,
    rows,
  );
}

/** With the number of accounts where a policy does not cover all of them. */
function policyNames({ policies, accounts }: Pick<Group, 'policies' | 'accounts'>): Html {
  return html`${policies.map(
    (one, index) =>
      html`${index > 0 && ', '}<a href="/policies#policy-${one.name}">${one.name}</a>${
          one.accounts < accounts && ` (${count(one.accounts)})`
        }`,
  )}`;
}

export function groupsCsv(
  accounts: readonly ScannedAccount[],
  by: AccountGroup,
  policies: readonly Policy[],
): CsvTable {
  return {
    titles: [by, 'accounts', 'usedBytes', 'limitBytes', 'over80', 'over90', 'fullest', 'percent', 'policies'],
    rows: groups(accounts, by, policies).map(({ fullest, ...one }) => [
      one.name,
      one.accounts,
      one.used,
      one.limit,
      one.over80,
      one.over90,
      fullest?.account ?? null,
      fullest === null ? null : Number((fullest.percent ?? 0).toFixed(1)),
      one.policies.map(({ name }) => name).join(' '),
    ]),
  };
}
