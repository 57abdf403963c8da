/**
 * `plan/`: which mail a policy lets leave now, as data with reasons (SAFETY step 2). Everything here
 * only reads: EXAMINE, SEARCH, FETCH, STATUS and GETQUOTAROOT on the server, queries on the catalog.
 * May import `work` and what is below the rooms.
 */
import type { Uid } from '../domain/brands.ts';
import { inOrder, takeUntilUnder } from '../domain/drain.ts';
import { type Folder, type FolderSize, holdsMail, trashOf } from '../domain/folder.ts';
import {
  type DrainOutlook,
  type FolderPlan,
  folderTotals,
  type Idle,
  type Plan,
  sumSizes,
} from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import {
  fullestView,
  limitedResources,
  percentUsed,
  type QuotaRoot,
  type QuotaView,
} from '../domain/quota.ts';
import type { Explanation } from '../errors.ts';
import type { MailReader, SurveyWish } from '../ports/mail.ts';
import { surveyOf } from '../work/survey.ts';
import { candidatesIn, type PlanInput, type PlanWays, waysOf } from './candidates.ts';
import { requireVisible } from './gmail-folders.ts';
import { inScope } from './rules.ts';
import { type Freeing, stillWaiting, waitingMail, withoutWaiting } from './waiting.ts';

/**
 * What the policy would do to the account now. Reads only: EXAMINE, SEARCH, FETCH, STATUS and
 * GETQUOTAROOT on the server, queries on the catalog.
 */
export async function makePlan(given: PlanInput): Promise<Plan> {
  const { account, policy } = given;
  const ways = waysOf(given);
  const { gmail } = (await ways.connection.session()).capabilities;
  const chosen = (folder: Folder): boolean => inScope(folder, policy, gmail);
  const wish = await wishOf(ways, chosen);
  // Below its threshold a policy with `when` looks into no folder.
  const first = policy.when === null ? wish : { ...wish, sizes: () => false, roots: 'each folder' as const };
  const survey = await surveyOf(ways.connection, first);
  const { roots, folders: all } = survey;
  if (gmail) requireVisible(account.account, all, policy);
  const folders = all.filter(chosen);
  const input = { ...given, labels: gmail ? { folders: all } : null };
  const base = { policy: policy.name, server: account.server, account: account.account };
  if (folders.length === 0) return { ...base, ...idle({ kind: 'no folder' }, null) };

  const before = mainView(roots ?? []);
  if (policy.when === null) {
    const found = await candidatesIn({ ...input, ...ways }, folders, survey.sizes);
    const outlook = after(before, roots, found.folders, policy);
    const held = gmail ? {} : heldIn(folders, survey.sizes);
    return { ...base, idle: null, ...found, quotaBefore: before, ...outlook, drains: [], ...held };
  }

  const views = (roots ?? []).flatMap((root) => limitedResources(root).map((view) => ({ root, view })));
  if (views.length === 0) return { ...base, ...idle({ kind: 'quota not reported' }, before) };
  const full = views.filter(({ view }) => isFull(view, policy, input.draining ?? null));
  const [fullOne] = full;
  if (fullOne === undefined) {
    const fullest = fullestView(views.map(({ view }) => view));
    return {
      ...base,
      ...idle(
        fullest === null ? { kind: 'quota not reported' } : { kind: 'quota below threshold', view: fullest },
        before,
      ),
    };
  }
  const { sizes } = await surveyOf(ways.connection, wish);
  const under = folders.filter(({ path }) => full.some(({ root }) => root.folders.includes(path)));
  const candidates = await candidatesIn({ ...input, ...ways }, under, sizes);
  const waiting = await waitingMail(input);
  const found = withoutWaiting(candidates, waiting);
  const { taken, drains } =
    policy.drainTo === null
      ? { taken: found.folders, drains: [] }
      : drain(policy, found.folders, full, await stillWaiting(ways, waiting, pathsOf(full)));
  return {
    ...base,
    idle: null,
    folders: taken,
    problems: found.problems,
    quotaBefore: fullOne.view,
    ...after(fullOne.view, roots, taken, policy),
    drains,
    ...(gmail ? {} : heldIn(folders, sizes)),
  };
}

/** What the folders hold together, if the size of each is known. Not for Gmail, where All Mail is more than its labels. */
function heldIn(
  folders: readonly Folder[],
  sizes: ReadonlyMap<string, FolderSize>,
): { readonly held?: FolderSize } {
  const known = folders.flatMap(({ path }) => sizes.get(path) ?? []);
  return known.length === folders.length ? { held: sumSizes(known) } : {};
}

/** The sizes of what the policy chooses; a folder that was refused before is asked for by itself. */
async function wishOf({ isolation }: PlanWays, chosen: (folder: Folder) => boolean): Promise<SurveyWish> {
  const suspects = await isolation.suspects();
  return {
    sizes: (folder) => chosen(folder) && !suspects.has(folder.path),
    roots: 'each namespace',
    inQuota: (folder) => holdsMail(folder) || chosen(folder),
  };
}

/** Over its threshold; or, once a drain brings it down, still over the target. */
function isFull(view: QuotaView, policy: Policy, draining: readonly QuotaView[] | null): boolean {
  const used = percentUsed(view) ?? 0;
  if (draining === null) return used > (policy.when?.quotaAbove ?? 0);
  const begun = draining.some((other) => other.root === view.root && other.resource === view.resource);
  return begun && used > (policy.drainTo ?? 100);
}

/** A resource that is over its threshold, with its root. */
interface Full {
  readonly root: QuotaRoot;
  readonly view: QuotaView;
}

function pathsOf(full: readonly Full[]): ReadonlySet<string> {
  return new Set(full.flatMap(({ root }) => root.folders));
}

/** Cuts the candidates of each full resource at its target; a message counts for every root it is under. */
function drain(
  { drainTo, order }: Policy,
  found: readonly FolderPlan[],
  full: readonly Full[],
  pending: readonly Freeing[],
): { readonly taken: readonly FolderPlan[]; readonly drains: readonly DrainOutlook[] } {
  const chosen = new Set<string>();
  const drains: DrainOutlook[] = [];
  const key = (folder: Folder, uid: Uid): string => `${uid} ${folder.path}`;
  for (const { root, view } of full) {
    const waiting = totalsPending(pending, root, view);
    const candidates = found
      .filter(({ folder }) => root.folders.includes(folder.path))
      .flatMap(({ folder, messages }) => messages.map((message) => ({ ...message, folder })));
    const target = ((view.limit ?? 0) * (drainTo ?? 100)) / 100;
    const { taken, outlook } = takeUntilUnder(inOrder(candidates, order), view, target, waiting);
    for (const candidate of taken) chosen.add(key(candidate.folder, candidate.uid));
    drains.push(outlook);
  }
  // What is not listed is for the next round, should the target not be reached.
  const taken = found.map(({ beyond: _beyond, ...folderPlan }) => {
    const messages = folderPlan.messages.filter((message) => chosen.has(key(folderPlan.folder, message.uid)));
    const rest = folderPlan.messages.length - messages.length;
    const kept =
      rest === 0
        ? folderPlan.kept
        : [...folderPlan.kept, { reason: { code: 'not-needed' } as const, messages: rest }];
    return { ...folderPlan, messages, kept };
  });
  return { taken, drains };
}

function totalsPending(pending: readonly Freeing[], root: QuotaRoot, view: QuotaView): number {
  return pending
    .filter((row) => root.folders.includes(row.path))
    .reduce((sum, row) => sum + (view.resource === 'storage' ? row.bytes : row.messages), 0);
}

function idle(
  reason: Idle,
  before: QuotaView | null,
): Pick<Plan, 'idle' | 'folders' | 'problems' | 'quotaBefore' | 'quotaAfter' | 'drains'> {
  return { idle: reason, folders: [], problems: [], quotaBefore: before, quotaAfter: before, drains: [] };
}

/** The root a person would look at: STORAGE, the fullest first; without a limit any STORAGE. */
export function mainView(roots: readonly QuotaRoot[]): QuotaView | null {
  const limited = roots.flatMap(limitedResources).filter((view) => view.resource === 'storage');
  const fullest = fullestView(limited);
  if (fullest !== null) return fullest;
  const unlimited = roots.find((root) => root.storage !== null);
  return unlimited?.storage
    ? { root: unlimited.name, resource: 'storage', used: unlimited.storage.used, limit: null }
    : null;
}

/** Expected usage once everything planned is deleted; a policy that only archives frees nothing. */
function after(
  before: QuotaView | null,
  roots: readonly QuotaRoot[] | null,
  folders: readonly FolderPlan[],
  policy: Policy,
): Pick<Plan, 'quotaAfter' | 'quotaFolders'> {
  if (before === null) return { quotaAfter: null };
  const under = roots?.find((candidate) => candidate.name === before.root)?.folders ?? [];
  const leaving = sumSizes(folders.filter(({ folder }) => under.includes(folder.path)).map(folderTotals));
  const freed = before.resource === 'storage' ? leaving.bytes : leaving.messages;
  const quotaFolders = { quotaFolders: under };
  if (policy.delete === null) return { quotaAfter: before, ...quotaFolders };
  return { quotaAfter: { ...before, used: Math.max(0, before.used - freed) }, ...quotaFolders };
}

/** Why a drain may not continue: moving mail to a Trash under the same quota root frees nothing. */
export async function drainRefusal(
  session: MailReader,
  policy: Policy,
  plan: Plan,
): Promise<Explanation | null> {
  const { uidplus, move } = session.capabilities;
  const toTrash = policy.delete?.mode === 'trash' || (!uidplus && move);
  if (policy.drainTo === null || policy.delete === null || !toTrash || plan.drains.length === 0) return null;
  const trash = trashOf(await session.folders());
  if (trash === null) return null;
  const roots = (await session.quota([trash.path])) ?? [];
  const shared = plan.drains.find(({ view }) => roots.some((root) => root.name === view.root));
  if (shared === undefined) return null;
  const remedy = uidplus
    ? 'Use delete: {mode: expunge}'
    : 'The server lacks UIDPLUS, so nothing else is safe: use a policy that archives only, and empty Trash by hand';
  return {
    fact: `policy ${policy.name} drains quota root "${shared.view.root}" by moving mail to "${trash.path}", which is under the same root, so that frees nothing`,
    notDone: 'nothing was done',
    remedy,
  };
}
