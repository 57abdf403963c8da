import type { FolderState } from '../domain/folder.ts';
import type { RestoreRecord } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Copies } from './compare.ts';

/** What a crash left between APPEND and comparison: a copy that the server altered counts as such. */
export async function settleUncompared(
  { catalog, account, clock }: LockedWork,
  { path, uidValidity }: FolderState,
  there: Copies,
): Promise<void> {
  const records: RestoreRecord[] = [];
  const uncompared = await catalog.uncomparedCopies(account, path, uidValidity);
  const digests = there.digestsOf(new Set(uncompared.keys()));
  for (const [uid, sha256] of uncompared) {
    const found = digests.get(uid);
    if (found === undefined || found === sha256) continue;
    const detail = 'the server altered its bytes';
    const copy = { ...account, folder: path, uidValidity, uid, sha256, at: clock.now() };
    records.push({ ...copy, outcome: 'altered', detail });
  }
  if (records.length > 0) await catalog.addRestores(records);
}
