import { shortId } from '../domain/brands.ts';
import { plausible } from '../domain/dates.ts';
import { sameFolder } from '../domain/folder.ts';
import type { Batch } from '../ports/records.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { requireDailyBudget } from '../work/account-pause.ts';
import { isolated } from '../work/isolate.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { fetchOrGiveUp, giveUp, store } from './archive.ts';
import type { BatchMessage } from './attempt.ts';
import { verify } from './verify.ts';

/**
 * Finishes what a crash left of the first half: open batches, then archives that nobody verified.
 * One that fails does not hold up the others.
 */
export async function resumeArchiving(work: LockedWork, ledger: Ledger): Promise<void> {
  for (const batch of await work.catalog.openBatches(work.account)) {
    work.signal.throwIfAborted();
    await requireNotPaused(work.catalog);
    await requireDailyBudget(work);
    // It stays open while the server refuses its folder.
    const problem = await work.folders.refusal(batch.folder);
    if (problem === null) await isolated(ledger, () => resumeBatch(work, batch, ledger));
    else ledger.folderSkipped(problem);
  }
  const { server, account } = work.account;
  for (const record of await work.catalog.archives({ accounts: [{ server, account }], states: ['sealed'] })) {
    work.signal.throwIfAborted();
    if (!work.gate.has(record.store)) {
      work.progress.note(
        `archive ${shortId(record.id)} was never verified, and its store "${record.store}" is no longer in mothball.yaml: no mail is deleted because of it`,
      );
      continue;
    }
    await isolated(ledger, async () => {
      const policy = work.rules.policies.find((candidate) => candidate.name === record.policy);
      await work.gate.open(record.store);
      if (await verify(work, record, policy?.delete != null)) ledger.archived(record.folder, record);
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
  if (!work.gate.has(batch.store)) {
    // Nothing of it is needed: its mail is on the server, and goes where the policy sends it now.
    await work.catalog.closeBatch(batch.key, 'abandoned', 'its store is no longer configured');
    work.progress.note(
      `an interrupted archive of "${batch.folder}" was given up: its store "${batch.store}" is no longer in mothball.yaml`,
    );
    return;
  }
  await work.gate.open(batch.store);
  const messages = await describe(work, batch);
  const fetched =
    messages.length === 0 ? await giveUp(work, batch) : await fetchOrGiveUp(work, batch, messages, ledger);
  // What the archive has no room for is planned again, as all that is not archived.
  if (fetched !== null) await store(work, batch, fetched.writer, { ledger });
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
  const quarantined = await work.catalog.quarantinedUids(batch);
  const wanted = batch.uids.filter((uid) => !archived.has(uid) && !quarantined.has(uid));
  for await (const meta of session.fetchMeta(wanted)) {
    const internalDate = plausible(meta.internalDate, work.clock.now());
    const { uid, size, flags, emailId, labels } = meta;
    if (size === null || internalDate === null || flags === null || labels === null) continue;
    messages.push({ uid, size, internalDate, flags, emailId, ...(labels === undefined ? {} : { labels }) });
  }
  const position = new Map(batch.uids.map((uid, index) => [uid, index]));
  return messages.toSorted((a, b) => (position.get(a.uid) ?? 0) - (position.get(b.uid) ?? 0));
}
