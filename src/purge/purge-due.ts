import { bytes, type Sha256 } from '../domain/brands.ts';
import { inOrder, takeUntilUnder } from '../domain/drain.ts';
import { add } from '../domain/duration.ts';
import { sumSizes, totals, type Totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { limitedResources, percentUsed, type QuotaRoot, type QuotaView } from '../domain/quota.ts';
import type { Budget } from '../plan/budget.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { isolated } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { recordEnd } from './delete-state.ts';
import type { DeletingPolicy, Due, DueLines, PurgeRun } from './due.ts';
import { purge, recheckAndRecord } from './purge.ts';
import { ReadAhead } from './read-ahead.ts';
import { recoverIntents } from './recover.ts';

/** What waits under this policy and whose grace has passed. */
export async function hasDue(work: LockedWork, policy: DeletingPolicy): Promise<boolean> {
  return (await collectDue(work, policy)).length > 0;
}

/** What else leaves in the same run. */
interface Beside {
  /** Will leave after it, so it counts for the limits too. */
  readonly planned?: Totals;
  /** Archives whose mail had its turn. */
  readonly except?: ReadonlySet<Sha256>;
}

/**
 * Deletes what waits under this policy and whose grace has passed, within its budget and target.
 * False: a limit stopped it, and nothing more may leave in this run.
 */
export async function purgeDue(
  run: PurgeRun,
  policy: DeletingPolicy,
  budget: Budget,
  { planned = totals([]), except = new Set() }: Beside = {},
): Promise<boolean> {
  const { work, ledger } = run;
  const waiting = (await collectDue(work, policy)).filter(({ record }) => !except.has(record.id));
  if (waiting.length === 0) return true;
  let due = policy.drainTo === null ? waiting : await upToTarget(work, policy, policy.drainTo, waiting);
  let broken = await budget.broken(sumSizes([leaving(due), planned]));
  if (broken.length > 0) {
    // Mail that its owner removed meanwhile must not count against a limit for ever.
    due = await remaining(run, due);
    broken = await budget.broken(sumSizes([leaving(due), planned]));
  }
  if (broken.length > 0) {
    ledger.limit(broken);
    return false;
  }
  if (policy.drainTo !== null) await releaseSpare(work, waiting, due);
  const archives = new ReadAhead(work, due, (part) => loadDue(work, part));
  work.progress.begin(`${work.account.account}: ${policy.name}: deleting`, leaving(due));
  try {
    for (const part of due) {
      if (await folderRefused(run, part)) continue;
      const fine = await isolated(ledger, async () => purge(run, await loadDue(work, part), archives));
      // A refused command may have left our marks: they are removed before anything else is done.
      if (!fine) await recoverIntents(work, ledger);
    }
  } finally {
    await archives.settled();
    work.progress.end();
  }
  return true;
}

/** Mail of a folder that the server refuses waits; it is asked for once a run, and not for each archive. */
async function folderRefused(
  { work, ledger }: PurgeRun,
  { record, totals: part }: DueLines,
): Promise<boolean> {
  const problem = await work.folders.refusal(record.folder);
  if (problem === null) return false;
  ledger.folderSkipped(problem);
  ledger.skips.add({ code: 'folder-refused' }, part.messages);
  return true;
}

function leaving(due: readonly DueLines[]): Totals {
  return {
    messages: due.reduce((sum, part) => sum + part.totals.messages, 0),
    bytes: bytes(due.reduce((sum, part) => sum + part.totals.bytes, 0)),
  };
}

function linesDue({ record, policy, entries }: Pick<Due, 'record' | 'policy'> & Lines): DueLines {
  return { record, policy, lines: new Set(entries.map(({ line }) => line)), totals: totals(entries) };
}

interface Lines {
  readonly entries: readonly Pick<DeleteEntry, 'line' | 'size'>[];
}

/** The entries of one archive, as the catalog has them now. */
export async function loadDue(work: LockedWork, { record, policy, lines }: DueLines): Promise<Due> {
  const pending = await work.catalog.deleteEntries(record.id, ['pending']);
  return { record, policy, entries: pending.filter((entry) => lines.has(entry.line)) };
}

/** What is left of the due lines after a recheck of all of them; the rest is recorded with its reason. */
async function remaining(run: PurgeRun, due: readonly DueLines[]): Promise<readonly DueLines[]> {
  const { work, ledger } = run;
  const left: DueLines[] = [];
  for (const part of due) {
    if (await folderRefused(run, part)) continue;
    await isolated(ledger, async () => {
      const all = await loadDue(work, part);
      const { targets } = await recheckAndRecord(run, all);
      if (targets.length > 0) left.push(linesDue({ ...all, entries: targets.map((target) => target.entry) }));
    });
  }
  return left;
}

async function collectDue(work: LockedWork, policy: DeletingPolicy): Promise<readonly DueLines[]> {
  const due: DueLines[] = [];
  for (const record of await work.catalog.archivesToPurge(work.account)) {
    const part = await dueOf(work, policy, record);
    if (part !== null) due.push(part);
  }
  return due;
}

/** What is due of one archive; null: nothing. */
export async function dueOf(
  work: LockedWork,
  policy: DeletingPolicy,
  record: ArchiveRecord,
): Promise<DueLines | null> {
  if (record.policy !== policy.name || record.state !== 'verified') return null;
  const now = work.clock.now().getTime();
  // Thousands of lines wait since the same moment.
  const ripeSince = new Map<number, boolean>();
  const ripe = ({ pendingSince }: Pick<DeleteEntry, 'pendingSince'>): boolean => {
    if (pendingSince === null) return false;
    const known = ripeSince.get(pendingSince.getTime());
    const isRipe = known ?? add(pendingSince, policy.delete.after, policy.timezone).getTime() <= now;
    ripeSince.set(pendingSince.getTime(), isRipe);
    return isRipe;
  };
  const entries = (await work.catalog.pendingLines(record.id)).filter(ripe);
  return entries.length > 0 ? linesDue({ record, entries, policy }) : null;
}

/** The purge for a drain stops at its target too: only what is needed to get under it. */
async function upToTarget(
  work: LockedWork,
  policy: DeletingPolicy,
  drainTo: number,
  all: readonly DueLines[],
): Promise<readonly DueLines[]> {
  const waiting = await Promise.all(all.map((part) => loadDue(work, part)));
  const session = await work.connection.session();
  const byPath = new Map((await session.folders()).map((folder) => [folder.path, folder]));
  const candidates = waiting.flatMap((due) =>
    due.entries.flatMap((entry) => {
      const folder = byPath.get(due.record.folder);
      const { uid, size, internalDate } = entry;
      return folder === undefined ? [] : [{ folder, uid, size, internalDate, entry }];
    }),
  );
  // In a folder that is gone there is nothing to choose; the recheck reports it.
  const chosen = new Set<DeleteEntry>(
    waiting.filter((due) => !byPath.has(due.record.folder)).flatMap((due) => due.entries),
  );
  const paths = [...new Set(candidates.map(({ folder }) => folder.path))];
  for (const root of (await session.quota(paths)) ?? []) {
    const under = candidates.filter(({ folder }) => root.folders.includes(folder.path));
    for (const view of drained(root, policy)) {
      const target = ((view.limit ?? 0) * drainTo) / 100;
      const { taken } = takeUntilUnder(inOrder(under, policy.order), view, target, 0);
      for (const { entry } of taken) chosen.add(entry);
    }
  }
  return waiting
    .map((due) => ({ ...due, entries: due.entries.filter((entry) => chosen.has(entry)) }))
    .filter((due) => due.entries.length > 0)
    .map(linesDue);
}

/**
 * The resources that a drain brings down: those over its threshold now. If none is, STORAGE only:
 * that is what drains are for.
 */
function drained(root: QuotaRoot, policy: Policy): readonly QuotaView[] {
  const views = limitedResources(root);
  const over = views.filter((view) => (percentUsed(view) ?? 0) > (policy.when?.quotaAbove ?? 0));
  return over.length > 0 ? over : views.slice(0, 1);
}

/** What is not needed stays archived and on the server; when the mailbox fills up again, a plan selects it again. */
async function releaseSpare(
  work: LockedWork,
  waiting: readonly DueLines[],
  due: readonly DueLines[],
): Promise<void> {
  const needed = new Map(due.map((part) => [part.record.id, part.lines]));
  for (const part of waiting) {
    const lines = needed.get(part.record.id);
    const { entries } = await loadDue(work, part);
    const spare = entries.filter((entry) => lines?.has(entry.line) !== true);
    await recordEnd(work, part.record, spare, { state: 'abandoned', reason: { code: 'target-reached' } });
  }
}
