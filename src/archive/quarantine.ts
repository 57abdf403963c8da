import type { Uid } from '../domain/brands.ts';
import type { Batch } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** A message that can't be archived, in the words of a person who has to look at it. */
export interface Blame {
  readonly uid: Uid;
  readonly reason: string;
}

/** Puts a message under quarantine (SAFETY step 4): no policy archives or deletes it from now on. */
export async function quarantine(
  work: LockedWork,
  batch: Batch,
  ledger: Ledger,
  { uid, reason }: Blame,
): Promise<void> {
  const { server, account, folder, uidValidity, mailboxId } = batch;
  const at = work.clock.now();
  await work.catalog.quarantineUid({ server, account, folder, uidValidity, mailboxId, uid, reason, at });
  const name = `"${folder}" UID ${uid}`;
  ledger.notice(name, `${name} is quarantined: kept, not archived and never deleted: ${reason}`);
}
