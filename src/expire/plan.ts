import type { AccountRef } from '../domain/account.ts';
import { bytes, shortId } from '../domain/brands.ts';
import {
  decideExpiry,
  expiryExceeded,
  type ExpiryLimitExceeded,
  keptByRecord,
  type StoreShare,
} from '../domain/expiry.ts';
import { policyNamed } from '../domain/override.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import { isError, MothballError } from '../errors.ts';
import { accountDirectory } from '../format/archive-key.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { RemovableStore } from '../ports/store.ts';
import { requireStoreClock } from '../preflight/clock-check.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import type { RunFailure } from '../work/report.ts';
import { examine, type Examined } from './examine.ts';
import { archiveFiles, type ArchiveFiles, noFiles, notRemoved } from './files.ts';
import { describeOrphan, type Orphan, orphanAgeMs, orphansIn } from './orphans.ts';
import { isRemembered } from './remove.ts';

/** What a plan needs to know. Planning only reads. */
export interface ExpiryView {
  readonly store: RemovableStore;
  readonly gate: Pick<StoreGate, 'recognise' | 'requireOurs' | 'decryption'>;
  readonly catalog: Catalog;
  /** As loaded now. */
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  /** Of the store's archives, and separately of its bytes: what one run may remove. */
  readonly maxPercent: number;
  readonly now: Date;
}

export interface ExpiryChoice {
  /** Quarantined archives are removed too when their time has come. */
  readonly quarantined: boolean;
  /** Only what belongs to these accounts; null: to any, or to none. */
  readonly accounts: readonly AccountRef[] | null;
  /** Files that belong to no archive are removed too, once they are 7 days old. */
  readonly orphans: boolean;
}

/** An archive, and why it is removed or kept. */
export interface ExpiryVerdict {
  readonly record: ArchiveRecord;
  readonly reason: string;
}

/** What `expire` would do to one store: data, with reasons. */
export interface ExpiryPlan {
  readonly store: string;
  readonly expire: readonly ExpiryVerdict[];
  readonly keep: readonly ExpiryVerdict[];
  /** Archives that an earlier expire began to remove, with what is left of them. */
  readonly unfinished: readonly { readonly record: ArchiveRecord; readonly files: ArchiveFiles }[];
  readonly orphans: readonly Orphan[];
  /** Unfinished files that a crash left. */
  readonly leftovers: readonly string[];
  /** Limits that `expire` would break. */
  readonly limits: readonly ExpiryLimitExceeded[];
  /** Archives that could not be judged; they are kept. */
  readonly errors: readonly RunFailure[];
}

/** @throws `store`, `database` when the store is not the one that the catalog knows; `refused` when its clock differs from ours. */
export async function planExpiry(view: ExpiryView, choice: ExpiryChoice): Promise<ExpiryPlan> {
  const { store, catalog, now } = view;
  const records = await catalog.archives({ store: store.name });
  if (!(await isKnown(view)) && records.length === 0) return empty(store.name);
  const live = records.filter(({ state }) => state !== 'expired');
  const expire: ExpiryVerdict[] = [];
  const keep: ExpiryVerdict[] = [];
  const errors: RunFailure[] = [];
  for (const record of live.filter((candidate) => chosen(candidate, choice))) {
    try {
      const { decision } = await judge(view, choice, record);
      (decision.kind === 'expire' ? expire : keep).push({ record, reason: decision.reason });
    } catch (error) {
      if (!isError(error) || error.code === 'database') throw error;
      keep.push({ record, reason: 'it could not be judged' });
      errors.push({ code: error.code, message: `archive ${shortId(record.id)} is kept: ${error.message}` });
    }
  }
  const byId = new Map(records.map((record) => [record.id, record]));
  const unfinished: { record: ArchiveRecord; files: ArchiveFiles }[] = [];
  const orphans: Orphan[] = [];
  const leftovers: string[] = [];
  for (const prefix of prefixesOf(choice)) {
    for await (const files of archiveFiles(store, prefix)) {
      const record = byId.get(files.id) ?? null;
      if (record?.state === 'expired') unfinished.push({ record, files });
      else orphans.push(...orphansIn(files, record).map((object) => describeOrphan(object, now)));
    }
    const left = await store.leftovers(prefix, new Date(now.getTime() - orphanAgeMs), false);
    for (const { key } of left) leftovers.push(key);
  }
  const listed = new Set(unfinished.map(({ record }) => record.id));
  for (const record of records) {
    if (listed.has(record.id) || !chosen(record, choice)) continue;
    if (await isRemembered(catalog, record)) unfinished.push({ record, files: noFiles(record) });
  }
  // Orphans count too: where manifests were lost with the database, they are all that is left of the mail.
  const removable = choice.orphans ? orphans.filter(({ reason }) => reason === null) : [];
  const limits = expiryExceeded(
    share([...expire.map(({ record }) => record.storedBytes), ...removable.map((orphan) => orphan.bytes)]),
    share([...live.map(({ storedBytes }) => storedBytes), ...orphans.map((orphan) => orphan.bytes)]),
    view.maxPercent,
  );
  return { store: store.name, expire, keep, unfinished, orphans, leftovers, limits, errors };
}

/** Where in the store to look. */
export function prefixesOf({ accounts }: ExpiryChoice): readonly string[] {
  return accounts === null ? [''] : accounts.map((account) => `${accountDirectory(account)}/`);
}

/** The verdict on one archive as everything is now, with the files that would be removed. */
export async function judge(
  view: Omit<ExpiryView, 'maxPercent'>,
  choice: ExpiryChoice,
  record: ArchiveRecord,
): Promise<{ readonly decision: ReturnType<typeof decideExpiry>; readonly files: ArchiveFiles | null }> {
  const policy = policyNamed(view.policies, record.policy, record.account);
  const rules = { policy, now: view.now, quarantined: choice.quarantined };
  const reason = keptByRecord(record, rules);
  if (reason !== null) return { decision: { kind: 'keep', reason }, files: null };
  const { details, files }: Examined = await examine(view, record, policy, view.now);
  return { decision: decideExpiry(record, details, rules), files };
}

function chosen(record: ArchiveRecord, { accounts }: ExpiryChoice): boolean {
  return (
    accounts === null ||
    accounts.some(({ server, account }) => server === record.server && account === record.account)
  );
}

function share(sizes: readonly number[]): StoreShare {
  return { archives: sizes.length, bytes: bytes(sizes.reduce((sum, size) => sum + size, 0)) };
}

/** False: a store that was never used. @throws `database` when it holds what the catalog never saw; `refused` for its clock. */
async function isKnown({ store, gate }: ExpiryView): Promise<boolean> {
  const known = await gate.recognise(store);
  requireStoreClock(store, notRemoved);
  if (known) return true;
  if ((await store.marker()) === null) return false;
  throw new MothballError(
    {
      fact: `store "${store.name}" is not known to this database, which is new or was lost`,
      notDone: 'nothing was removed',
      remedy: 'Run `mothball reindex` first',
    },
    { code: 'database' },
  );
}

function empty(store: string): ExpiryPlan {
  return { store, expire: [], keep: [], unfinished: [], orphans: [], leftovers: [], limits: [], errors: [] };
}
