import type { AccountRef } from '../domain/account.ts';
import { dayMs } from '../domain/dates.ts';
import { lockText } from '../domain/expiry.ts';
import { accountDirectory, manifestKey } from '../format/archive-key.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Held, Lock, Locks } from '../ports/locks.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { RemovableStore, StoreObject } from '../ports/store.ts';
import { type ArchiveFiles, filesAt } from './files.ts';
import { removeIfThere } from './remove.ts';

/** An interrupted run adopts its own orphan; after this long none is expected to. */
export const orphanAgeMs = 7 * dayMs;

/** A file that belongs to no archive. */
export interface Orphan {
  readonly key: string;
  readonly bytes: number;
  /** Null: the store does not report it, so the file counts as new. */
  readonly modified: Date | null;
  readonly removed: boolean;
  /** Why it is kept; null when it was removed, or would be with --orphans. */
  readonly reason: string | null;
}

/** Files of a group that belong to no archive: objects without a manifest, receipts without anything. */
export function orphansIn(files: ArchiveFiles, record: ArchiveRecord | null): readonly StoreObject[] {
  const manifests = new Set(files.manifests.map(({ key }) => key));
  const live = record !== null && record.state !== 'expired';
  // An object that the catalog knows is not an orphan: its manifest was lost, and `verify` reports that.
  const objects = files.objects.filter(
    ({ key }) => !manifests.has(manifestKey(key)) && !(live && record.key === key),
  );
  const alone = files.manifests.length + files.objects.length === 0 && !live;
  return alone ? [...objects, ...files.receipts] : objects;
}

export function describeOrphan({ key, bytes, modified }: StoreObject, now: Date): Orphan {
  const old = modified !== undefined && now.getTime() - modified.getTime() >= orphanAgeMs;
  const unknown = modified === undefined ? 'its age is not known' : 'younger than 7 days';
  return { key, bytes, modified: modified ?? null, removed: false, reason: old ? null : unknown };
}

export interface OrphanWork {
  readonly store: RemovableStore;
  readonly catalog: Catalog;
  readonly locks: Locks;
  /** Of the store. */
  readonly lock: Lock;
  /** Every account that a run may work on, or has worked on. */
  readonly accounts: readonly AccountRef[];
}

/** Removes an old orphan, under the lock of its account: a run may be about to adopt it. */
export async function removeOrphan(work: OrphanWork, orphan: Orphan): Promise<Orphan> {
  const directory = orphan.key.slice(0, orphan.key.indexOf('/'));
  const account = work.accounts.find((ref) => accountDirectory(ref) === directory);
  if (account === undefined) return await removeChecked(work, orphan, { account: null, permit: work.lock });
  await using lock = await work.locks.account(account);
  if (lock === null) return { ...orphan, reason: 'its account is locked by another mothball process' };
  return await removeChecked(work, orphan, { account, permit: lock.with([work.lock]) });
}

async function removeChecked(
  { store, catalog }: OrphanWork,
  orphan: Orphan,
  { account, permit }: { readonly account: AccountRef | null; readonly permit: Held },
): Promise<Orphan> {
  await permit.prove();
  const batches = account === null ? [] : await catalog.openBatches(account);
  if (batches.some((batch) => batch.store === store.name))
    return { ...orphan, reason: 'an interrupted run of its account is not finished yet' };
  // Everything is looked up again under the lock.
  const files = await filesAt(store, orphan.key);
  const record = files === null ? null : await catalog.archive(files.id);
  const found = files === null ? undefined : orphansIn(files, record).find(({ key }) => key === orphan.key);
  if (found === undefined) return { ...orphan, reason: 'it belongs to an archive now' };
  const lock = await store.lockOf(orphan.key);
  if (lock !== null) return { ...orphan, reason: lockText(lock) };
  await removeIfThere({ store, permit }, orphan.key);
  return { ...orphan, removed: true };
}
