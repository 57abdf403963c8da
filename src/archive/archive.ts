/**
 * `archive/`: the first half of the safe order. `archive.ts` reads top to bottom: batch record,
 * fetch, store, manifest, verify. Nothing in this room deletes mail.
 * `verify.ts` reads archives back, for this half, for the purge and for `mothball verify`.
 * May import `read`, `preflight`, `work` and what is below the rooms.
 */
import { randomUUID } from 'node:crypto';
import { intoArchives, maxArchiveBytes } from '../domain/batching.ts';
import { plausible } from '../domain/dates.ts';
import { sameFolder } from '../domain/folder.ts';
import { type FolderPlan, type PlannedMessage, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { failPoint } from '../failpoint.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { Batch } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { isolated } from '../work/isolate.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { requireSpoolSpace, spoolShare } from '../work/spool.ts';
import { type BatchMessage, fetchBatch } from './fetch.ts';
import { OneBehind } from './one-behind.ts';
import { seal, type Sealed } from './seal.ts';
import { verify } from './verify.ts';

/** One policy's archiving on one account. */
interface Archiving {
  readonly work: LockedWork;
  readonly policy: Policy;
  readonly ledger: Ledger;
}

/**
 * The safe order, first half (SAFETY steps 3–7): batch record, fetch, store, manifest, verify.
 * While one archive is being stored and verified, the next is fetched.
 */
export async function archive(
  work: LockedWork,
  policy: Policy,
  folders: readonly FolderPlan[],
  ledger: Ledger,
): Promise<void> {
  const { maxObjectBytes } = await work.gate.open(policy.archive.to);
  const sealing = new OneBehind();
  try {
    for (const folder of folders) {
      await resumeGrace(work, policy, folder);
      const fresh = fitting({ work, policy, ledger }, folder.messages, maxObjectBytes);
      for (const messages of intoArchives(fresh, archiveBytes(work, policy))) {
        work.signal.throwIfAborted();
        await requireNotPaused(work.catalog);
        // A crash before this record leaves nothing; after it, the next run resumes the batch.
        const batch = batchOf(work, policy, folder, messages);
        await work.catalog.createBatch(batch);
        failPoint('after batch record');
        const writer = await fetchOrGiveUp(work, batch, messages, ledger);
        if (writer !== null) await startOrAbort(sealing, writer, () => store(work, batch, writer, ledger));
      }
    }
    await sealing.finished();
  } catch (error) {
    // Record the previous archive's error too, then rethrow.
    await sealing.finished().catch((other: unknown) => {
      if (other !== error) ledger.failure(other);
    });
    throw error;
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
  return Math.min(maxArchiveBytes, shareOf(work, policy));
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

/**
 * Finishes what a crash left of the first half: open batches, then archives that nobody verified.
 * One that fails does not hold up the others.
 */
export async function resumeArchiving(work: LockedWork, ledger: Ledger): Promise<void> {
  for (const batch of await work.catalog.openBatches(work.account)) {
    work.signal.throwIfAborted();
    await requireNotPaused(work.catalog);
    await isolated(ledger, () => resumeBatch(work, batch, ledger));
  }
  const { server, account } = work.account;
  for (const record of await work.catalog.archives({ accounts: [{ server, account }], states: ['sealed'] })) {
    work.signal.throwIfAborted();
    await isolated(ledger, async () => {
      const policy = work.rules.policies.find((candidate) => candidate.name === record.policy);
      await work.gate.open(record.store);
      if (await verify(work, record, policy?.delete != null)) ledger.archived(record);
      else ledger.quarantined();
    });
  }
}

async function resumeBatch(work: LockedWork, batch: Batch, ledger: Ledger): Promise<void> {
  const policy = work.rules.policies.find((candidate) => candidate.name === batch.policy);
  if (policy === undefined || policy.mode !== 'enforce') {
    await work.catalog.closeBatch(batch.key, 'abandoned', 'its policy is gone or in plan mode');
    return;
  }
  await work.gate.open(batch.store);
  const messages = await describe(work, batch);
  const writer =
    messages.length === 0 ? await giveUp(work, batch) : await fetchOrGiveUp(work, batch, messages, ledger);
  if (writer !== null) await store(work, batch, writer, ledger);
}

function batchOf(
  work: LockedWork,
  policy: Policy,
  { folder, state }: FolderPlan,
  messages: readonly PlannedMessage[],
): Batch {
  return {
    ...work.account,
    key: randomUUID(),
    run: work.run,
    created: work.clock.now(),
    folder: folder.path,
    roles: folder.roles,
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
async function fetchOrGiveUp(
  work: LockedWork,
  batch: Batch,
  messages: readonly BatchMessage[],
  ledger: Ledger,
): Promise<ArchiveWriter | null> {
  const encrypted = work.gate.encryption(batch.store) !== null;
  await requireSpoolSpace(work.spool.path, totals(messages).bytes, encrypted);
  const writer = await fetchBatch(work, batch, messages, ledger);
  failPoint('after fetch');
  return writer ?? (await giveUp(work, batch));
}

async function giveUp(work: LockedWork, batch: Batch): Promise<null> {
  await work.catalog.closeBatch(
    batch.key,
    'abandoned',
    'none of its messages is there any more, or the folder is another',
  );
  return null;
}

/** Steps 5–7 for one archive. */
async function store(work: LockedWork, batch: Batch, writer: ArchiveWriter, ledger: Ledger): Promise<void> {
  let sealed: Sealed;
  try {
    sealed = await seal(work, batch, writer);
  } finally {
    await writer.abort();
  }
  if (await verify(work, sealed.record, batch.deletes)) ledger.archived(sealed.totals);
  else ledger.quarantined();
}

/** The messages of a batch as the server describes them now; those that are gone drop out. */
async function describe(work: LockedWork, batch: Batch): Promise<readonly BatchMessage[]> {
  const session = await work.connection.session();
  const there = (await session.folders()).some((folder) => folder.path === batch.folder && folder.selectable);
  if (!there || !sameFolder(await session.examine(batch.folder), batch)) return [];
  const messages: BatchMessage[] = [];
  // A later run may have archived them under another batch meanwhile: once only.
  const copies = await work.catalog.copiesOf(batch.policy, batch.store, batch, batch.uids);
  const archived = new Set(copies.map((copy) => copy.uid));
  for await (const meta of session.fetchMeta(batch.uids.filter((uid) => !archived.has(uid)))) {
    const internalDate = plausible(meta.internalDate, work.clock.now());
    if (meta.size === null || internalDate === null) continue;
    messages.push({ uid: meta.uid, size: meta.size, internalDate, flags: meta.flags, emailId: meta.emailId });
  }
  const position = new Map(batch.uids.map((uid, index) => [uid, index]));
  return messages.toSorted((a, b) => (position.get(a.uid) ?? 0) - (position.get(b.uid) ?? 0));
}

/** Messages that this policy archived before and kept, and selects again: their grace starts again. */
async function resumeGrace(
  work: LockedWork,
  policy: Policy,
  { folder, state, messages }: FolderPlan,
): Promise<void> {
  const again = new Set(messages.filter((message) => message.archived).map((message) => message.uid));
  if (policy.delete === null || again.size === 0) return;
  const ref = {
    ...work.account,
    folder: folder.path,
    uidValidity: state.uidValidity,
    mailboxId: state.mailboxId,
  };
  const copies = await work.catalog.copiesOf(policy.name, policy.archive.to, ref, [...again]);
  const kept = copies.filter(
    (copy) => again.has(copy.uid) && copy.state !== 'pending' && copy.state !== 'deleting',
  );
  for (const [id, entries] of Map.groupBy(kept, (entry) => entry.archive)) {
    const lines = entries.map((entry) => entry.line);
    await work.catalog.setDeleteState(id, lines, { state: 'pending', at: work.clock.now(), reason: null });
  }
}
