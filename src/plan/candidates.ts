import type { AccountRef } from '../domain/account.ts';
import type { Uid } from '../domain/brands.ts';
import { subtract } from '../domain/duration.ts';
import type { Folder, FolderState } from '../domain/folder.ts';
import { gathering, matchedSince, type Ready } from '../domain/gathering.ts';
import { folderSelected } from '../domain/glob.ts';
import { sameMessage } from '../domain/identity.ts';
import { headersNeeded, needsSaveDate } from '../domain/match.ts';
import { narrow } from '../domain/narrow.ts';
import { noticeHeader } from '../domain/notice-mark.ts';
import type { FolderPlan, PlannedMessage, QuotaView } from '../domain/plan.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import { decide, holdsOn } from '../domain/selection.ts';
import { Shared } from '../domain/shared.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { MailSession } from '../ports/mail.ts';
import { noticeMarks } from './notice-marks.ts';

export interface PlanInput {
  readonly account: AccountRef;
  readonly session: MailSession;
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly holds: readonly Hold[];
  readonly now: Date;
  /** What a drain that has begun is bringing down: these go on below the threshold, down to the target. */
  readonly draining?: readonly QuotaView[] | null;
}

/** Whether a policy may look at a folder: personal unless widened, never a mirror. */
export function inScope(folder: Folder, policy: Policy): boolean {
  return (
    folder.selectable &&
    !folder.mirror &&
    policy.folders.namespaces.includes(folder.namespace) &&
    folderSelected(policy.folders, folder)
  );
}

/** Each folder with everything in it that the policy lets leave, before any drain cuts it short. */
export async function gatherAll(
  input: PlanInput,
  folders: readonly Folder[],
): Promise<readonly FolderPlan[]> {
  const gathered: FolderPlan[] = [];
  for (const folder of folders) gathered.push(await gather(input, folder));
  return gathered;
}

/** SEARCH narrows on the server, FETCH tells of the hits, and the policy decides here (SAFETY step 2). */
async function gather(input: PlanInput, folder: Folder): Promise<FolderPlan> {
  const { account, session, catalog, policy, now } = input;
  const total = await session.size(folder.path);
  const state = await session.examine(folder.path);
  const ref = { ...account, folder: folder.path, uidValidity: state.uidValidity, mailboxId: state.mailboxId };
  const rules = {
    policy,
    holds: holdsOn(account.account, folder, input.holds),
    now,
    restored: await catalog.restoredUids(
      account,
      folder.path,
      state.uidValidity,
      subtract(now, policy.restoredKeep, 'UTC'),
    ),
    quarantined: await catalog.quarantinedUids(ref),
    notices: await noticeMarks(catalog, ref, policy),
  };
  const trashed = await catalog.trashedUids(policy.name, account, folder.path, state.uidValidity);
  const hits =
    state.messages === 0
      ? []
      : await session.search(narrow(policy.match, { now, timezone: policy.timezone }));
  const copies = new Map(
    (await catalog.copiesOf(policy.name, policy.archive.to, ref, hits)).map((copy) => [copy.uid, copy]),
  );
  const matches = [policy.match, ...rules.holds.flatMap((hold) => hold.match ?? [])];
  const marks = rules.notices.look ? [noticeHeader] : [];
  const headers = [...new Set([...matches.flatMap(headersNeeded), ...marks])];
  const messages: PlannedMessage[] = [];
  const ready: Ready[] = [];
  const kept = new Map<string, number>();
  const reasons = new Shared<string>();
  const keep = (reason: string): void => void kept.set(reason, (kept.get(reason) ?? 0) + 1);
  for await (const meta of session.fetchMeta(hits, { headers, saveDate: matches.some(needsSaveDate) })) {
    const decision = decide(meta, rules);
    if (decision.kind === 'kept') {
      if (decision.reason !== 'does not match') keep(decision.reason);
      continue;
    }
    if (trashed.has(meta.uid)) {
      keep('moved to Trash by this policy');
      continue;
    }
    const entry = copies.get(meta.uid);
    const copy = entry !== undefined && sameMessage(entry, meta) ? entry : null;
    if (copy?.state === 'pending' || copy?.state === 'deleting') keep('archived, waits for its grace');
    else if (copy !== null && policy.delete === null) keep('archived already');
    else {
      const reason = reasons.of(decision.reason, decision.reason);
      messages.push({ ...withoutKind(decision), reason, archived: copy !== null });
      if (copy !== null || policy.archive.gather === undefined) continue;
      const since = matchedSince(policy.match, meta, { now, timezone: policy.timezone });
      ready.push({ size: decision.size, since });
    }
  }
  // Mail with a verified copy makes no archive: only its delete half follows, and has nothing to wait for.
  const wait = gathering(policy, ready, now);
  if (wait !== null) kept.set(wait, ready.length);
  const leaving = wait === null ? messages : messages.filter(({ archived }) => archived);
  const tallies = [...kept].map(([reason, count]) => ({ reason, messages: count }));
  return { folder, state, total, messages: ordered(leaving), kept: tallies };
}

function withoutKind(
  decision: Omit<PlannedMessage, 'archived'> & { readonly kind: string },
): Omit<PlannedMessage, 'archived'> {
  const { uid, size, internalDate, flags, emailId, reason } = decision;
  return { uid, size, internalDate, flags, emailId, reason };
}

/** By UID: servers answer so, and the archive keeps the order. */
function ordered(messages: readonly PlannedMessage[]): readonly PlannedMessage[] {
  return messages.toSorted((a, b) => a.uid - b.uid);
}

/** UIDs by folder identity that are archived under any policy and wait for their purge: they count as freed. */
export async function waitingUids({
  catalog,
  account,
}: PlanInput): Promise<ReadonlyMap<string, ReadonlySet<Uid>>> {
  const waiting = new Map<string, Set<Uid>>();
  for (const record of await catalog.archivesToPurge(account)) {
    const key = identity(record.folder, record);
    const uids = waiting.get(key) ?? new Set<Uid>();
    for (const entry of await catalog.deleteEntries(record.id, ['pending', 'deleting'])) uids.add(entry.uid);
    waiting.set(key, uids);
  }
  return waiting;
}

/** Drops candidates that wait for their purge already. */
export function withoutWaiting(
  gathered: readonly FolderPlan[],
  waiting: ReadonlyMap<string, ReadonlySet<Uid>>,
): readonly FolderPlan[] {
  return gathered.map((part) => {
    const uids = waiting.get(identity(part.folder.path, part.state));
    return uids === undefined
      ? part
      : { ...part, messages: part.messages.filter((message) => !uids.has(message.uid)) };
  });
}

function identity(path: string, folder: Pick<FolderState, 'uidValidity' | 'mailboxId'>): string {
  return JSON.stringify([path, folder.uidValidity, folder.mailboxId]);
}
