import type { AccountRef } from '../domain/account.ts';
import { type Alias, nameText } from '../domain/alias.ts';
import { isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { aliasRecord } from '../format/alias-record.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Lock, Locks } from '../ports/locks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { lockedError } from '../work/locked-work.ts';

export interface RenameWork {
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly gate: StoreGate;
  readonly clock: Clock;
  /** Names of all stores. */
  readonly stores: readonly string[];
  readonly who: string;
}

export interface RenameReport {
  readonly alias: Alias;
  /** Accounts and archives that have the new name now. */
  readonly accounts: readonly AccountRef[];
  readonly archives: number;
}

/**
 * Gives the archives of an account, or of all accounts of a server, another name. First every store gets
 * a record of it, then the catalog, in one transaction: after a crash in between, the same command
 * finishes it, and a `reindex` knows the new name from the stores alone (SAFETY I7).
 * @throws `locked`, `exists` when both names have archives, `store` when a store is not fit for use.
 */
export async function rename(work: RenameWork, { from, to }: Omit<Alias, 'at'>): Promise<RenameReport> {
  const { clock } = work;
  const known = (await work.catalog.archivedAccounts()).filter(
    ({ server, account }) => server === from.server && (from.account === null || account === from.account),
  );
  await using locks = new AsyncDisposableStack();
  const held: Lock[] = [];
  for (const account of from.account === null ? known : [{ server: from.server, account: from.account }])
    for (const one of [account, { server: to.server, account: to.account ?? account.account }])
      held.push(locks.use(await lock(work.locks, one)));
  const [first, ...others] = held;
  const permit = first?.with(others) ?? null;
  const catalog = permit?.fenced ?? work.catalog;
  // Before any record: with one in a store, a reindex would make the two accounts one.
  await catalog.requireApart(from, to);
  const archives = await catalog.archives({ accounts: known });
  const again = (await catalog.aliases()).findLast((one) => sameNames(one, { from, to }));
  // Nothing has the old name any more: an earlier command did it, and all that may be missing are its records.
  const alias = known.length === 0 && again !== undefined ? again : { from, to, at: clock.now() };
  const detail = `${nameText(from)} is ${nameText(to)} now: ${archives.length} archives`;
  await catalog.addAudit({ at: clock.now(), who: work.who, action: 'rename', account: to.account, detail });
  for (const name of work.stores) {
    const store = await work.gate.open(name);
    await permit?.prove();
    await record(store, alias);
  }
  failPoint('after alias records');
  if (known.length > 0 || again === undefined) await catalog.rename(alias);
  failPoint('after rename');
  return {
    alias,
    accounts: known.map(({ account }) => ({ server: to.server, account: to.account ?? account })),
    archives: archives.filter(({ state }) => state !== 'expired').length,
  };
}

async function lock(locks: Locks, account: AccountRef): Promise<Lock> {
  const taken = await locks.account(account);
  if (taken === null) throw lockedError(account, 'nothing was renamed');
  return taken;
}

function sameNames(a: Omit<Alias, 'at'>, b: Omit<Alias, 'at'>): boolean {
  const key = ({ from, to }: Omit<Alias, 'at'>): string =>
    JSON.stringify([from.server, from.account, to.server, to.account]);
  return key(a) === key(b);
}

async function record(store: Store, alias: Alias): Promise<void> {
  const { key, data } = aliasRecord(alias);
  try {
    await store.putBytes(key, data);
  } catch (error) {
    // Of an earlier try.
    if (!isError(error, 'exists')) throw error;
  }
}
