import { randomUUID } from 'node:crypto';
import { intoArchives, maxArchiveBytes } from '../domain/batching.ts';
import { plausible } from '../domain/dates.ts';
import { type FolderPlan, type PlannedMessage, sameFolder, totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { failPoint } from '../failpoint.ts';
import type { ArchiveWriter } from '../ports/codec.ts';
import type { Batch } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { isolated } from '../work/isolate.ts';
import type { Ledger } from '../work/report.ts';
import { requireSpoolSpace, spoolShare } from '../work/spool.ts';
import type { Work } from '../work/work.ts';
import { type BatchMessage, fetchBatch } from './fetch.ts';
import { seal, type Sealed, verify } from './seal.ts';

/**
 * The safe order, first half (SAFETY steps 3–7): batch record, fetch, store, manifest, verify.
 * Nothing here deletes. While one archive is being stored and verified, the next is fetched.
 */
export async function archive(
  work: Work,
  policy: Policy,
  folders: readonly FolderPlan[],
  ledger: Ledger,
): Promise<void> {
  const { maxObjectBytes } = await work.gate.open(policy.archive.to);
  let sealing: Promise<void> = Promise.resolve();
  try {
    for (const folder of folders) {
      await resumeGrace(work, policy, folder);
      const fresh = fitting(
        work,
        folder.messages.filter((message) => !message.archived),
        policy,
        maxObjectBytes,
        ledger,
      );
      for (const messages of intoArchives(fresh, archiveBytes(work, policy))) {
        work.signal.throwIfAborted();
        await requireNotPaused(work.catalog);
        // A crash before this record leaves nothing; after it, the next run resumes the batch.
        const batch = batchOf(work, policy, folder, messages);
        await work.catalog.createBatch(batch);
        failPoint('after batch record');
        const writer = await fetchOrGiveUp(work, batch, messages, ledger);
        const before = sealing;
        if (writer !== null) sealing = inBackground(() => store(work, batch, writer, ledger, before));
        await before;
      }
    }
    await sealing;
  } catch (error) {
    // What ended the fetch must not hide why the archive before it was not stored.
    await sealing.catch((other: unknown) => {
      if (other !== error) ledger.failure(other);
    });
    throw error;
  }
}

function archiveBytes(work: Work, policy: Policy): number {
  return Math.min(maxArchiveBytes, shareOf(work, policy));
}

function shareOf(work: Work, { archive: { to } }: Policy): number {
  return spoolShare(work.spoolMaxBytes, work.gate.encryption(to) !== null);
}

/** Leaves out what `spool.maxBytes` or the store has no room for. */
function fitting(
  work: Work,
  messages: readonly PlannedMessage[],
  policy: Policy,
  maxObjectBytes: number | null,
  ledger: Ledger,
): readonly PlannedMessage[] {
  const small = messages.filter((message) => message.size <= shareOf(work, policy));
  ledger.skips.add('larger than its share of spool.maxBytes', messages.length - small.length);
  // Stored mail may be a little longer than as delivered: `>` before From lines.
  const storable = small.filter(({ size }) => maxObjectBytes === null || size <= maxObjectBytes * 0.9);
  ledger.skips.add('larger than what the store takes', small.length - storable.length);
  return storable;
}

/**
 * Finishes what a crash left of the first half: open batches, then archives that nobody verified.
 * One that fails does not hold up the others.
 */
export async function resumeArchiving(work: Work, ledger: Ledger): Promise<void> {
  for (const batch of await work.catalog.openBatches(work.account)) {
    work.signal.throwIfAborted();
    await requireNotPaused(work.catalog);
    await isolated(ledger, () => resumeBatch(work, batch, ledger));
  }
  const { server, account } = work.account;
  for (const record of await work.catalog.archives({ accounts: [{ server, account }], states: ['sealed'] })) {
    work.signal.throwIfAborted();
    await isolated(ledger, async () => {
      const policy = work.policies.find((candidate) => candidate.name === record.policy);
      await work.gate.open(record.store);
      if (await verify(work, record, policy?.delete != null)) ledger.archived(record);
      else ledger.quarantined();
    });
  }
}

async function resumeBatch(work: Work, batch: Batch, ledger: Ledger): Promise<void> {
  const policy = work.policies.find((candidate) => candidate.name === batch.policy);
  if (policy === undefined || policy.mode !== 'enforce') {
    await work.catalog.closeBatch(batch.key, 'abandoned', 'its policy is gone or in plan mode');
    return;
  }
  await work.gate.open(batch.store);
  const messages = await describe(work, batch);
  const writer =
    messages.length === 0 ? await giveUp(work, batch) : await fetchOrGiveUp(work, batch, messages, ledger);
  if (writer !== null) await store(work, batch, writer, ledger, Promise.resolve());
}

function batchOf(
  work: Work,
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
  work: Work,
  batch: Batch,
  messages: readonly BatchMessage[],
  ledger: Ledger,
): Promise<ArchiveWriter | null> {
  const encrypted = work.gate.encryption(batch.store) !== null;
  await requireSpoolSpace(work.spoolPath, totals(messages).bytes, encrypted);
  const writer = await fetchBatch(work, batch, messages, ledger);
  failPoint('after fetch');
  return writer ?? (await giveUp(work, batch));
}

async function giveUp(work: Work, batch: Batch): Promise<null> {
  await work.catalog.closeBatch(
    batch.key,
    'abandoned',
    'none of its messages is there any more, or the folder is another',
  );
  return null;
}

/** Steps 5–7, after the archive before it: one at a time, and none after one that failed. */
async function store(
  work: Work,
  batch: Batch,
  writer: ArchiveWriter,
  ledger: Ledger,
  before: Promise<void>,
): Promise<void> {
  let sealed: Sealed;
  try {
    await before;
    sealed = await seal(work, batch, writer);
  } finally {
    await writer.abort();
  }
  if (await verify(work, sealed.record, batch.deletes)) ledger.archived(sealed.totals);
  else ledger.quarantined();
}

/** The messages of a batch as the server describes them now; those that are gone drop out. */
async function describe(work: Work, batch: Batch): Promise<readonly BatchMessage[]> {
  const session = await work.line.session();
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

/** Messages that this policy archived before and kept, and selects again: their grace starts anew. */
async function resumeGrace(
  work: Work,
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
  const lines = new Map<
    string,
    { readonly id: (typeof entries)[number]['archive']; readonly lines: number[] }
  >();
  const entries = await work.catalog.copiesOf(policy.name, policy.archive.to, ref, [...again]);
  for (const entry of entries) {
    if (!again.has(entry.uid) || entry.state === 'pending' || entry.state === 'deleting') continue;
    const group = lines.get(entry.archive) ?? { id: entry.archive, lines: [] };
    group.lines.push(entry.line);
    lines.set(entry.archive, group);
  }
  for (const group of lines.values()) {
    await work.catalog.setDeleteState(group.id, group.lines, 'pending', work.clock.now(), null);
  }
}

/** Runs it now; a failure is met by whoever awaits, and is never unhandled meanwhile. */
function inBackground(task: () => Promise<void>): Promise<void> {
  const running = task();
  running.catch(() => undefined);
  return running;
}
