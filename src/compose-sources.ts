import { listPath, listText, readList } from './config/account-lists.ts';
import type { Config } from './config/config.ts';
import type { AccountLists } from './ports/account-source.ts';
import type { Clock } from './ports/clock.ts';
import { doveadmQuotas } from './sources/doveadm.ts';
import { accountSource, replaceFile } from './sources/open-source.ts';
import { ListedQuotas, type ListedQuotasParts } from './upkeep/listed-quotas.ts';
import type { RefreshInput } from './upkeep/refresh-accounts.ts';

export { findServer } from './discover/find-server.ts';

/** Where quotas are read without logging in, as the configuration says. */
export function listedQuotas(
  { servers, accounts }: Config,
  parts: Pick<ListedQuotasParts, 'clock' | 'signal' | 'note'>,
): ListedQuotas {
  const sources = new Map(
    [...servers.values()].flatMap(({ name, doveadm = null }) =>
      doveadm === null ? [] : [[name, doveadmQuotas(doveadm)] as const],
    ),
  );
  return new ListedQuotas({
    ...parts,
    sources,
    accounts: accounts.map(({ server, account, auth, quotaBytes }) => ({
      server,
      account,
      user: auth.user,
      limitConfigured: quotaBytes !== null,
    })),
  });
}

/** A source of the configuration, and when it is asked. */
export interface ConfiguredSource extends Omit<RefreshInput, 'acceptShrink'> {
  /** Five-field cron expression in UTC. */
  readonly schedule: string;
}

/** Every source that the configuration names, with the lists that are kept of them. */
export function configuredSources(
  { accountSources, accountLists }: Config,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): readonly ConfiguredSource[] {
  const lists: AccountLists = {
    read: (source) => readList(accountLists, source),
    write: (source, list) => replaceFile(listPath(accountLists, source), listText(list)),
  };
  return accountSources.map((source) => ({
    source: accountSource(source),
    mapping: source.mapping,
    maxShrink: source.maxShrink,
    schedule: source.refresh,
    lists,
    clock,
    signal,
  }));
}
