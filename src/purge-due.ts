import { add } from './domain/duration.ts';
import { inOrder, limitedResources, takeUntilUnder } from './domain/drain.ts';
import type { Folder } from './domain/folder.ts';
import { exceeded, sumSizes, totals } from './domain/plan.ts';
import type { DeletingPolicy, Due } from './due.ts';
import { inScope } from './gather.ts';
import { purge } from './purge.ts';
import type { Ledger } from './run-report.ts';
import type { MailSession } from './ports/mail.ts';
import type { Work } from './work.ts';

export interface PurgeOptions {
  readonly liftLimits: boolean;
}

/** Deletes what waits under this policy and whose grace has passed, within its limits and target. */
export async function purgeDue(
  work: Work,
  policy: DeletingPolicy,
  options: PurgeOptions,
  ledger: Ledger,
): Promise<void> {
  const waiting = await collectDue(work, policy);
  if (waiting.length === 0) return;
  const session = await work.line.session();
  const folders = await session.folders();
  const due =
    policy.drainTo === null
      ? waiting
      : await upToTarget(work, session, folders, policy, policy.drainTo, waiting);
  const leaving = totals(due.flatMap((part) => part.entries));
  const sizes = [];
  for (const folder of folders) if (inScope(folder, policy)) sizes.push(await session.size(folder.path));
  const broken = exceeded(leaving, sumSizes(sizes), policy.limits);
  if (broken.length > 0 && !options.liftLimits) {
    ledger.limit(broken);
    return;
  }
  work.progress.begin(`${work.account.account}: ${policy.name}: deleting`, leaving);
  try {
    for (const part of due) ledger.deleted(await purge(work, part, ledger));
  } finally {
    work.progress.end();
  }
}

async function collectDue(work: Work, policy: DeletingPolicy): Promise<readonly Due[]> {
  const now = work.clock.now().getTime();
  const due: Due[] = [];
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    if (record.policy !== policy.name || record.state !== 'verified') continue;
    const pending = await work.catalog.deleteEntries(record.id, ['pending']);
    const entries = pending.filter(
      (entry) =>
        entry.pendingSince !== null &&
        add(entry.pendingSince, policy.delete.after, policy.timezone).getTime() <= now,
    );
    if (entries.length > 0) due.push({ record, entries, policy });
  }
  return due;
}

/** The purge for a drain stops at its target too: what is no longer needed stays, and keeps waiting. */
async function upToTarget(
  work: Work,
  session: MailSession,
  folders: readonly Folder[],
  policy: DeletingPolicy,
  drainTo: number,
  waiting: readonly Due[],
): Promise<readonly Due[]> {
  const byPath = new Map(folders.map((folder) => [folder.path, folder]));
  const candidates = waiting.flatMap((due) =>
    due.entries.flatMap((entry) => {
      const folder = byPath.get(due.record.folder);
      return folder === undefined
        ? []
        : [{ folder, uid: entry.uid, size: entry.size, internalDate: entry.internalDate, entry }];
    }),
  );
  const chosen = new Set<unknown>();
  const roots = (await session.quota([...new Set(waiting.map((due) => due.record.folder))])) ?? [];
  for (const root of roots) {
    const under = inOrder(
      candidates.filter(({ folder }) => root.folders.includes(folder.path)),
      policy.order,
    );
    for (const view of limitedResources(root)) {
      const { taken } = takeUntilUnder(under, view, ((view.limit ?? 0) * drainTo) / 100, 0);
      for (const { entry } of taken) chosen.add(entry);
    }
  }
  const now = work.clock.now();
  const kept: Due[] = [];
  for (const due of waiting) {
    const entries = due.entries.filter((entry) => chosen.has(entry));
    const spare = due.entries.filter((entry) => !chosen.has(entry)).map((entry) => entry.line);
    // They stay archived; when the mailbox fills up again, the next plan selects them anew.
    if (spare.length > 0)
      await work.catalog.setDeleteState(
        due.record.id,
        spare,
        'abandoned',
        now,
        'the quota is under its target already',
      );
    if (entries.length > 0) kept.push({ ...due, entries });
  }
  return kept;
}
