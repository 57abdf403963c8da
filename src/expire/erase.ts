import type { AccountRef } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import { lockText } from '../domain/expiry.ts';
import { policyNamed } from '../domain/override.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import { accountDirectory } from '../format/archive-key.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Held, Lock, Locks } from '../ports/locks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { RemovableStore } from '../ports/store.ts';
import { requirePlausibleClock, requireStoreClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { lockedError } from '../work/locked-work.ts';
import { examine } from './examine.ts';
import { audit } from './expire.ts';
import { archiveFiles, type ArchiveFiles, noFiles, notRemoved } from './files.ts';
import { isRemembered, type RemovalWork, removeArchive, removeFiles, removeIfThere } from './remove.ts';

export interface EraseWork {
  /** Every store of mothball.yaml; they may be built with credentials of their own (SAFETY I5). */
  readonly stores: ReadonlyMap<string, RemovableStore>;
  readonly gate: Pick<StoreGate, 'recognise' | 'requireOurs' | 'decryption'>;
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly clock: Clock;
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Who erases, for the audit. */
  readonly who: string;
}

/** The same while all locks are held, which the catalog is fenced by. */
interface LockedErasure extends EraseWork {
  readonly permit: Held;
}

export interface Erasure {
  readonly account: AccountRef;
  /** The account is in mothball.yaml: a run may still work on it. */
  readonly configured: boolean;
  readonly reason: string;
}

/** What would be erased, and what forbids it. */
export interface ErasePlan {
  readonly archives: readonly ArchiveRecord[];
  readonly refusals: readonly { readonly record: ArchiveRecord; readonly reason: string }[];
}

/** Reads only. @throws `store` when an archive is in a store that is not in mothball.yaml or not the one known. */
export async function planErase(work: EraseWork, { account, configured }: Erasure): Promise<ErasePlan> {
  const { catalog, policies } = work;
  const now = work.clock.now();
  const records = await catalog.archives({ accounts: [account] });
  const archives = records.filter(({ state }) => state !== 'expired');
  const refusals: { record: ArchiveRecord; reason: string }[] = [];
  for (const record of archives) {
    work.signal.throwIfAborted();
    const store = await storeOf(work, record);
    const policy = policyNamed(policies, record.policy, record.account);
    const { details } = await examine({ ...work, store }, record, policy, now);
    const open = configured && (details.deleting > 0 || details.openBatch);
    if (details.held !== null) refusals.push({ record, reason: `held by ${details.held}` });
    else if (details.lock !== null) refusals.push({ record, reason: lockText(details.lock) });
    else if (open)
      refusals.push({ record, reason: 'part of an interrupted run, which has to be finished first' });
  }
  await requireAllKnown(work, account, new Set(records.map(({ id }) => id)));
  return { archives, refusals };
}

/** Only of archives that the catalog knows can it be decided whether a hold covers them. */
async function requireAllKnown(
  work: EraseWork,
  account: AccountRef,
  known: ReadonlySet<string>,
): Promise<void> {
  for await (const { store, files } of filesOf(work, account)) {
    if (files.manifests.length === 0 || known.has(files.id)) continue;
    throw new MothballError(
      {
        fact: `store "${store.name}" holds an archive of ${account.account} that this database does not know (${files.stem})`,
        notDone: 'nothing was erased',
        remedy: 'Run `mothball reindex` first',
      },
      { code: 'database' },
    );
  }
}

/** Everything of the account in any store; with `hidden` also what exists only as old versions. */
async function* filesOf(
  { stores, gate }: EraseWork,
  account: AccountRef,
  hidden = false,
): AsyncGenerator<{ readonly store: RemovableStore; readonly files: ArchiveFiles }> {
  for (const store of stores.values()) {
    const known = await gate.recognise(store);
    requireStoreClock(store, notRemoved);
    if (!known) continue;
    const listing = { list: (prefix: string) => (hidden ? store.listKept(prefix) : store.list(prefix)) };
    for await (const files of archiveFiles(listing, `${accountDirectory(account)}/`)) yield { store, files };
  }
}

/**
 * Erases all archives of one account, whatever their policies retain; a hold or an object lock on
 * any of them refuses all of it. After a crash the same call finishes it.
 * @throws `locked`, `refused` with the reasons, and what the plan throws.
 */
export async function erase(given: EraseWork, erasure: Erasure): Promise<ErasePlan> {
  const { account } = erasure;
  await requirePlausibleClock(given, notRemoved);
  await using locks = new AsyncDisposableStack();
  const stores: Lock[] = [];
  for (const name of [...given.stores.keys()].toSorted())
    stores.push(locks.use(await requireLock(given.locks.store(name), { store: name })));
  const permit = locks.use(await requireLock(given.locks.account(account), account)).with(stores);
  const work: LockedErasure = { ...given, catalog: permit.fenced ?? given.catalog, permit };
  for (const store of work.stores.values()) await work.gate.requireOurs(store);
  const plan = await planErase(work, erasure);
  if (plan.refusals.length > 0) throw refused(erasure, plan);
  if (!erasure.configured) await closeRecords(work, erasure, plan);
  const { progress } = work;
  progress.begin(`erasing ${account.account}`, { messages: plan.archives.length, bytes: 0 }, 'archives');
  try {
    for (const record of plan.archives) {
      work.signal.throwIfAborted();
      await requireNotPaused(work.catalog);
      const store = await storeOf(work, record);
      const { files } = await examine({ ...work, store }, record, null, work.clock.now());
      await permit.prove();
      await audit(work, 'erase', record, erasure.reason);
      await removeArchive({ ...work, store }, record, files, `erased: ${erasure.reason}`);
      progress.advance(1, 0);
    }
    await removeRest(work, account);
  } finally {
    progress.end();
  }
  return plan;
}

/** Mail that is in no archive: orphans of any age, and what an earlier expire did not finish. */
async function removeRest(work: LockedErasure, account: AccountRef): Promise<void> {
  const requireGoing = async (): Promise<void> => {
    work.signal.throwIfAborted();
    await requireNotPaused(work.catalog);
    await work.permit.prove();
  };
  for (const hidden of [false, true]) {
    for await (const { store, files } of filesOf(work, account, hidden)) {
      await requireGoing();
      const record = await work.catalog.archive(files.id);
      if (record !== null) await removeFiles({ ...work, store }, record, files);
      else await removeUnknown({ store, permit: work.permit }, files);
    }
  }
  for (const record of await work.catalog.archives({ accounts: [account] })) {
    await requireGoing();
    if (!(await isRemembered(work.catalog, record))) continue;
    await removeFiles({ ...work, store: await storeOf(work, record) }, record, noFiles(record));
  }
  for (const store of work.stores.values()) {
    await requireGoing();
    if (await work.gate.requireOurs(store))
      await store.leftovers(`${accountDirectory(account)}/`, work.clock.now(), true);
  }
}

/**
 * A manifest that the store lists would be an archive that was never judged. A hidden one is an old
 * version that somebody removed.
 */
async function removeUnknown(
  removal: Pick<RemovalWork, 'store' | 'permit'>,
  { manifests, objects, receipts }: ArchiveFiles,
): Promise<void> {
  for (const { key } of manifests)
    if ((await removal.store.stat(key)) === null) await removeIfThere(removal, key);
  for (const { key } of [...objects, ...receipts]) await removeIfThere(removal, key);
}

async function storeOf({ stores, gate }: EraseWork, record: ArchiveRecord): Promise<RemovableStore> {
  const store = stores.get(record.store);
  if (store === undefined) {
    throw new MothballError(
      {
        fact: `archive ${shortId(record.id)} of ${record.account} is in store "${record.store}", which is no longer in mothball.yaml`,
        notDone: 'nothing was erased',
        remedy: 'Add it again',
      },
      { code: 'store' },
    );
  }
  await gate.requireOurs(store);
  requireStoreClock(store, notRemoved);
  return store;
}

/** No run will finish what it began on an account that is gone: its records are closed. */
async function closeRecords(
  { catalog, clock }: EraseWork,
  { account }: Erasure,
  plan: ErasePlan,
): Promise<void> {
  for (const batch of await catalog.openBatches(account))
    await catalog.closeBatch(batch.key, 'abandoned', 'its account was erased');
  for (const { id } of plan.archives) {
    const lines = (await catalog.deleteEntries(id, ['deleting'])).map(({ line }) => line);
    await catalog.setDeleteState(id, lines, {
      state: 'abandoned',
      at: clock.now(),
      reason: { code: 'account-erased' },
    });
  }
}

async function requireLock(
  locking: Promise<Lock | null>,
  what: Parameters<typeof lockedError>[0],
): Promise<Lock> {
  const lock = await locking;
  if (lock === null) throw lockedError(what, 'nothing was erased');
  return lock;
}

function refused({ account }: Erasure, { refusals }: ErasePlan): MothballError {
  const shown = refusals
    .slice(0, 10)
    .map(({ record, reason }) => `archive ${shortId(record.id)} is ${reason}`);
  const more = refusals.length > shown.length ? [`and ${refusals.length - shown.length} more`] : [];
  return new MothballError(
    {
      fact: `the archives of ${account.account} may not be erased, and none of them was: ${[...shown, ...more].join('; ')}`,
    },
    { code: 'refused' },
  );
}
