import { limitedResources, percentUsed } from '../domain/drain.ts';
import type { Folder } from '../domain/folder.ts';
import { accountMatches } from '../domain/glob.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { Policy } from '../domain/policy.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { mayWant } from '../domain/selection.ts';
import { inScope } from '../plan/candidates.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry, FolderRef } from '../ports/records.ts';
import type { Work } from '../work/work.ts';

/** An archived message, and what the server tells of it now. */
export interface Pair {
  readonly entry: DeleteEntry;
  readonly meta: MessageMeta;
}

/**
 * SAFETY I1: the messages that another enforcing policy selects, or may select (I3), and has no
 * verified copy of, each with that policy's name. A drain selects by its plan and not by its match
 * alone, so it is not waited for.
 */
export async function withoutCopy(
  work: Work,
  session: MailSession,
  policy: Policy,
  folder: Folder,
  record: FolderRef,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<Pair, string>> {
  const { account } = work.account;
  const found = new Map<Pair, string>();
  const roots = await usage(work, session);
  for (const other of work.policies) {
    const acts =
      other.name !== policy.name &&
      other.mode === 'enforce' &&
      other.drainTo === null &&
      accountMatches(other.accounts, account) &&
      inScope(folder, other);
    if (!acts || !mayAct(roots, folder, other)) continue;
    const now = work.clock.now();
    const wanted = pairs.filter((pair) => !found.has(pair) && mayWant(pair.meta, other, now));
    const uids = wanted.map(({ entry }) => entry.uid);
    const copies = await work.catalog.copiesOf(other.name, other.archive.to, record, uids);
    const copied = new Set(copies.map((copy) => `${copy.uid} ${copy.sha256}`));
    for (const pair of wanted.filter(({ entry }) => !copied.has(`${entry.uid} ${entry.sha256}`)))
      found.set(pair, other.name);
  }
  return found;
}

/**
 * A policy with `when` selects nothing below its threshold; a quota that is not reported may be above
 * it (I3). What this run frees must not change the answer: usage before its first deletion counts too.
 */
function mayAct(roots: readonly QuotaRoot[], folder: Folder, { when }: Policy): boolean {
  if (when === null) return true;
  const over = roots.filter((root) => root.folders.includes(folder.path));
  const unknown = over.length === 0 || over.some((root) => root.storage === null && root.message === null);
  return unknown || over.flatMap(limitedResources).some((view) => (percentUsed(view) ?? 0) > when.quotaAbove);
}

/** Quota now, and as it was before anything of this run was deleted; nothing when no policy asks for it. */
async function usage(work: Work, session: MailSession): Promise<readonly QuotaRoot[]> {
  if (!work.policies.some((policy) => policy.when !== null && policy.drainTo === null)) return [];
  const paths = (await session.folders())
    .filter((folder) => folder.selectable && !folder.mirror)
    .map((folder) => folder.path);
  const now = (await session.quota(paths)) ?? [];
  work.usage.first ??= now;
  return [...work.usage.first, ...now];
}
