import { isAtFault } from '../domain/batching.ts';
import type { Batch } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { quarantine } from './quarantine.ts';

/**
 * An archive did not read back as it was written. The store may be at fault, or one message: its
 * messages are counted, and after two failures archived in halves. One that fails alone is quarantined,
 * once this run has shown that the store keeps other archives.
 */
export async function suspect(work: LockedWork, batch: Batch, ledger: Ledger): Promise<void> {
  await work.catalog.suspectUids(batch, batch.uids);
  const [only, ...others] = batch.uids;
  if (only === undefined || others.length > 0) return;
  const times = (await work.catalog.suspects(batch)).get(only) ?? 0;
  if (!isAtFault(times) || ledger.archivedSoFar().messages === 0) return;
  const reason = 'an archive of this message alone does not read back as it was written';
  await quarantine(work, batch, ledger, { uid: only, reason });
  await work.catalog.clearSuspects(batch, [only]);
}

/** Its archive reads back: none of its messages is at fault. */
export async function cleared(work: LockedWork, batch: Batch): Promise<void> {
  const known = await work.catalog.suspects(batch);
  const uids = batch.uids.filter((uid) => known.has(uid));
  if (uids.length > 0) await work.catalog.clearSuspects(batch, uids);
}
