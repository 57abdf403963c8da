import { isAtFault } from '../domain/batching.ts';
import type { Batch, Suspicion } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { quarantine } from './quarantine.ts';

/**
 * An archive did not read back as it was written. The store may be at fault, or one message: its
 * messages are counted, and after two failures archived in halves. One that fails alone is quarantined
 * if the store has kept other archives well since its first failure.
 */
export async function suspect(work: LockedWork, batch: Batch, ledger: Ledger): Promise<void> {
  await work.catalog.suspectUids(batch, batch.uids, work.clock.now());
  const [only, ...others] = batch.uids;
  if (only === undefined || others.length > 0) return;
  const known = (await work.catalog.suspects(batch)).get(only);
  if (known === undefined || !isAtFault(known.times) || !(await isSound(work, batch, known))) return;
  const reason = 'an archive of this message alone does not read back as it was written';
  await quarantine(work, batch, ledger, { uid: only, reason });
  await work.catalog.clearSuspects(batch, [only]);
}

async function isSound(work: LockedWork, { store }: Batch, { since }: Suspicion): Promise<boolean> {
  const verified = await work.catalog.archives({ store, states: ['verified'] });
  return verified.some(({ verifiedAt }) => verifiedAt !== null && verifiedAt >= since);
}

/** Its archive reads back: none of its messages is at fault. */
export async function cleared(work: LockedWork, batch: Batch): Promise<void> {
  const known = await work.catalog.suspects(batch);
  const uids = batch.uids.filter((uid) => known.has(uid));
  if (uids.length > 0) await work.catalog.clearSuspects(batch, uids);
}
