import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';

/** Changes that a line of the log names; the rest is counted. */
const most = 20;

/** What a reload changed, for the log: `policy "old" changed`, `account bob on main added`. */
export function changesBetween(old: Config, next: Config): readonly string[] {
  const accounts = (config: Config): ReadonlyMap<string, unknown> =>
    new Map(config.accounts.map(({ server, account, auth }) => [`${account} on ${server}`, auth.type]));
  const named = (entries: readonly { readonly name: string }[]): ReadonlyMap<string, unknown> =>
    new Map(entries.map((entry) => [`"${entry.name}"`, entry]));
  const changes = [
    ...between('policy', named(old.policies), named(next.policies)),
    ...between('hold', named(old.holds), named(next.holds)),
    ...between('server', named([...old.servers.values()]), named([...next.servers.values()])),
    ...between('store', named([...old.stores.values()]), named([...next.stores.values()])),
    ...between('account', accounts(old), accounts(next)),
    ...settings.flatMap((key) => (isDeepStrictEqual(old[key], next[key]) ? [] : [`${key} changed`])),
  ];
  if (changes.length <= most) return changes;
  return [...changes.slice(0, most), `${changes.length - most} more`];
}

const settings = [
  'http',
  'scan',
  'metrics',
  'expire',
  'scrub',
  'plans',
  'audit',
  'onRun',
  'reports',
  'daemon',
  'log',
  'spool',
] as const;

function between(
  what: string,
  old: ReadonlyMap<string, unknown>,
  next: ReadonlyMap<string, unknown>,
): readonly string[] {
  const removed = [...old.keys()].filter((name) => !next.has(name)).map((name) => `${what} ${name} removed`);
  const rest = [...next].flatMap(([name, value]) => {
    if (!old.has(name)) return [`${what} ${name} added`];
    return isDeepStrictEqual(old.get(name), value) ? [] : [`${what} ${name} changed`];
  });
  return [...removed, ...rest];
}
