/**
 * `archive/`: the first half of the safe order. `archive.ts` reads top to bottom: batch record,
 * fetch, store, manifest, verify. Nothing in this room deletes mail.
 * `verify.ts` reads archives back, for this half, for the purge and for `mothball verify`.
 * May import `read`, `preflight`, `work` and what is below the rooms.
 */
import { randomUUID } from 'node:crypto';
import type { Sha256 } from '../domain/brands.ts';
import { apart, intoArchives, usualArchiveBytes } from '../domain/batching.ts';
import { type FolderPlan, type PlannedMessage, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { isError, type MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { Batch } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { requireDailyBudget } from '../work/account-pause.ts';
import { costsItself, isCatchable } from '../work/isolate.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { requireSpoolSpace, spoolShare } from '../work/spool.ts';
import type { BatchMessage } from './attempt.ts';
import { fetchBatch, type Fetched } from './fetch.ts';
import { OneBehind } from './one-behind.ts';
import { refOf, resumeGrace } from './resume-grace.ts';
import { seal, type Sealed } from './seal.ts';
import { cleared, suspect } from './suspect.ts';
import { verify } from './verify.ts';

/** Told of each archive that was verified, and asked before more mail is read. */
export interface ArchiveFollower {
  verified(id: Sha256): Promise<void>;
  /** What it throws ends the archiving. */
  requireSettled(): void;
}

/** Where archiving reports to. */
export interface Reporting {
  readonly ledger: Ledger;
  readonly follower?: ArchiveFollower | null;
}

/** One policy's archiving on one account. */
interface Archiving extends Reporting {
  readonly work: LockedWork;
  readonly policy: Policy;
}

/**
 * The safe order, first half (SAFETY steps 3–7): batch record, fetch, store, manifest, verify.
 * While one archive is being stored and verified, the next is fetched.
 */
export async function archive(
  work: LockedWork,
  policy: Policy,
  folders: readonly FolderPlan[],
  reporting: Reporting,
): Promise<void> {
  const { ledger } = reporting;
  const { maxObjectBytes } = await work.gate.open(policy.archive.to);
  const sealing = new OneBehind();
  try {
    for (const folder of folders) {
      // A folder that fails costs itself alone; a store that fails stops what goes to it.
      const failures: MothballError[] = [];
      await costsItself(
        () => archiveFolder({ ...reporting, work, policy }, folder, maxObjectBytes, sealing),
        (error) => {
          if (sealing.failed) throw error;
          failures.push(error);
        },
      );
      for (const error of failures) {
        if (isError(error, 'protocol', 'unsupported', 'missing'))
          ledger.folderSkipped(await work.folders.note(folder.folder.path, error, 'fetch'));
        else ledger.failure(error);
      }
    }
    await sealing.finished();
  } catch (error) {
    // Record the previous archive's error too, then rethrow.
    await sealing.finished().catch((other: unknown) => {
      // What nobody may catch is the one that counts.
      if (!isCatchable(other)) throw other;
      if (other !== error) ledger.failure(other);
    });
    throw error;
  }
}

async function archiveFolder(
  archiving: Archiving,
  folder: FolderPlan,
  maxObjectBytes: number | null,
  sealing: OneBehind,
): Promise<void> {
  const { work, policy, ledger } = archiving;
  await resumeGrace(work, policy, folder);
  const fresh = fitting(archiving, folder.messages, maxObjectBytes);
  const parts = apart(fresh, await work.catalog.suspects(refOf(work, folder)));
  const waiting: (readonly BatchMessage[])[] = parts.flatMap((part) =>
    intoArchives(part, archiveBytes(work, policy)),
  );
  for (let messages = waiting.shift(); messages !== undefined; messages = waiting.shift()) {
    work.signal.throwIfAborted();
    archiving.follower?.requireSettled();
    await requireNotPaused(work.catalog);
    await requireDailyBudget(work);
    // A crash before this record leaves nothing; after it, the next run resumes the batch.
    const batch = batchOf(work, policy, folder, messages);
    await work.catalog.createBatch(batch);
    failPoint('after batch record');
    const fetched = await fetchOrGiveUp(work, batch, messages, ledger);
    if (fetched === null) continue;
    const { writer, left } = fetched;
    if (left.length > 0) waiting.unshift(left);
    await startOrAbort(sealing, writer, () => store(work, batch, writer, archiving));
  }
}

/** Hands a fetched archive over; when the one before it failed, its spool file is of no use any more. */
async function startOrAbort(
  sealing: OneBehind,
  writer: ArchiveWriter,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await sealing.start(task);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function archiveBytes(work: LockedWork, policy: Policy): number {
  return Math.min(policy.archive.maxBytes ?? usualArchiveBytes, shareOf(work, policy));
}

function shareOf(work: LockedWork, { archive: { to } }: Policy): number {
  return spoolShare(work.spool.maxBytes, work.gate.encryption(to) !== null);
}

/** What is not archived yet, without what `spool.maxBytes` or the store has no room for. */
function fitting(
  { work, policy, ledger }: Archiving,
  messages: readonly PlannedMessage[],
  maxObjectBytes: number | null,
): readonly PlannedMessage[] {
  const fresh = messages.filter((message) => !message.archived);
  const small = fresh.filter((message) => message.size <= shareOf(work, policy));
  ledger.skips.add({ code: 'too-large-for-spool' }, fresh.length - small.length);
  // Stored mail may be a little longer than as delivered: `>` before From lines.
  const storable = small.filter(({ size }) => maxObjectBytes === null || size <= maxObjectBytes * 0.9);
  ledger.skips.add({ code: 'too-large-for-store' }, small.length - storable.length);
  return storable;
}

function batchOf(
  work: LockedWork,
  policy: Policy,
  { folder, state }: FolderPlan,
  messages: readonly BatchMessage[],
): Batch {
  return {
    ...work.account,
    key: randomUUID(),
    run: work.run,
    created: work.clock.now(),
    folder: folder.path,
    roles: folder.roles,
    spelling: folder.prefix === undefined ? null : { delimiter: folder.delimiter, prefix: folder.prefix },
    uidValidity: state.uidValidity,
    mailboxId: state.mailboxId,
    policy: policy.name,
    policyHash: policy.hash,
    store: policy.archive.to,
    format: policy.archive.format,
    compression: policy.archive.compression,
    deletes: policy.delete !== null,
    uids: messages.map((message) => message.uid),
  };
}

/** Steps 3–4. A crash here leaves spool files, which the next start discards, and an open batch. */
export async function fetchOrGiveUp(
  work: LockedWork,
  batch: Batch,
  messages: readonly BatchMessage[],
  ledger: Ledger,
): Promise<Fetched | null> {
  const encrypted = work.gate.encryption(batch.store) !== null;
  await requireSpoolSpace(work.spool.path, totals(messages).bytes, encrypted);
  const fetched = await fetchBatch(work, batch, messages, ledger);
  failPoint('after fetch');
  return fetched ?? (await giveUp(work, batch));
}

export async function giveUp(work: LockedWork, batch: Batch): Promise<null> {
  await work.catalog.closeBatch(
    batch.key,
    'abandoned',
    'none of its messages is there any more, or the folder is another',
  );
  return null;
}

/** Steps 5–7 for one archive. */
export async function store(
  work: LockedWork,
  batch: Batch,
  writer: ArchiveWriter,
  { ledger, follower }: Reporting,
): Promise<void> {
  let sealed: Sealed;
  try {
    sealed = await seal(work, batch, writer);
  } catch (error) {
    if (!isError(error, 'verify')) throw error;
    // What can't be read in the spool is not put: the batch is given up, and planned again in parts.
    await suspect(work, batch, ledger);
    await work.catalog.closeBatch(batch.key, 'abandoned', error.message);
    throw error;
  } finally {
    await writer.abort();
  }
  if (await verify(work, sealed.record, batch.deletes)) {
    ledger.archived(batch.folder, sealed.totals);
    await cleared(work, batch);
    await follower?.verified(sealed.record.id);
    return;
  }
  ledger.quarantined();
  await suspect(work, batch, ledger);
}
