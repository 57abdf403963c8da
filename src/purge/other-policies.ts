import { type Folder, holdsMail } from '../domain/folder.ts';
import { accountMatches } from '../domain/glob.ts';
import { comparable, headersNeeded } from '../domain/match.ts';
import type { Headers, MessageMeta } from '../domain/message.ts';
import type { Policy } from '../domain/policy.ts';
import { limitedResources, percentUsed, type QuotaRoot } from '../domain/quota.ts';
import { mayWant } from '../domain/selection.ts';
import { labelRules, type Labels } from '../plan/gmail-folders.ts';
import { inScope } from '../plan/rules.ts';
import type { MailReader } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { Due } from './due.ts';

/** An archived message, and what the server reports of it now. */
export interface Pair {
  readonly entry: DeleteEntry;
  readonly meta: MessageMeta;
  readonly flags: readonly string[];
}

export interface CopyCheck {
  readonly work: AccountWork;
  readonly due: Due;
  readonly folder: Folder;
  /** On Gmail. */
  readonly labels: Labels;
  /** See `usageBeforeAndNow`. */
  readonly usage: readonly QuotaRoot[] | null;
}

/**
 * SAFETY I1: the messages that another enforcing policy selects, or may select (I3), and has no
 * verified copy of, each with that policy's name. A drain selects by its plan and not by its match
 * alone, so it is not waited for.
 */
export async function withoutCopy(
  { work, due, folder, labels, usage }: CopyCheck,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<Pair, string>> {
  const { account } = work.account;
  const found = new Map<Pair, string>();
  const byLabel = labelRules(labels, folder) ?? undefined;
  const recorded = await recordedHeaders(work, due);
  for (const other of work.rules.policies) {
    const acts =
      other.name !== due.policy.name &&
      other.mode === 'enforce' &&
      other.drainTo === null &&
      accountMatches(other.accounts, account) &&
      inScope(folder, other, labels !== null);
    if (!acts || !mayAct(usage, folder, other)) continue;
    const now = work.clock.now();
    const wanted = pairs.filter(
      (pair) => !found.has(pair) && wantsEither(pair, recorded, (meta) => mayWant(meta, other, now, byLabel)),
    );
    const uids = wanted.map(({ entry }) => entry.uid);
    const copies = await work.catalog.copiesOf(other.name, other.archive.to, due.record, uids);
    const copied = new Set(copies.map((copy) => `${copy.uid} ${copy.sha256}`));
    for (const pair of wanted.filter(({ entry }) => !copied.has(`${entry.uid} ${entry.sha256}`)))
      found.set(pair, other.name);
  }
  return found;
}

/** Header fields of each line as the manifest recorded them; nothing when no policy asks for any. */
async function recordedHeaders(
  { catalog, rules }: AccountWork,
  { record }: Due,
): Promise<ReadonlyMap<number, Headers>> {
  if (rules.policies.every(({ match }) => headersNeeded(match).length === 0)) return new Map();
  const lines = await catalog.lines(record.id);
  return new Map(
    lines.map(({ headers, cut = [] }, line) => {
      const whole = Object.entries(headers).filter(([name]) => !cut.includes(name));
      return [line, comparable(new Map(whole))];
    }),
  );
}

/**
 * On the headers that the server reports now, or on those that the manifest recorded when the whole
 * message was read: a server that answers otherwise now must not talk a policy out of its copy.
 */
function wantsEither(
  { meta, entry }: Pair,
  recorded: ReadonlyMap<number, Headers>,
  wants: (meta: MessageMeta) => boolean,
): boolean {
  if (wants(meta)) return true;
  const known = recorded.get(entry.line);
  if (known === undefined || known.size === 0) return false;
  return wants({ ...meta, headers: new Map([...(meta.headers ?? []), ...known]) });
}

/**
 * A policy with `when` selects nothing below its threshold; a quota that is not reported may be above
 * it (I3). What this run frees must not change the answer: usage before its first deletion counts too.
 */
function mayAct(roots: readonly QuotaRoot[] | null, folder: Folder, { when }: Policy): boolean {
  if (when === null || roots === null) return true;
  const over = roots.filter((root) => root.folders.includes(folder.path));
  const unknown = over.length === 0 || over.some((root) => root.storage === null && root.message === null);
  return unknown || over.flatMap(limitedResources).some((view) => (percentUsed(view) ?? 0) > when.quotaAbove);
}

/**
 * Usage now and before the run; null where the usage before is not known. Nothing when no policy asks for
 * it. Asked before a folder is selected, which reading it may close.
 */
export async function usageBeforeAndNow(
  work: AccountWork,
  session: MailReader,
  before: readonly QuotaRoot[] | null,
): Promise<readonly QuotaRoot[] | null> {
  if (!asksForUsage(work)) return [];
  return before === null ? null : [...before, ...(await quotaOf(session))];
}

/** Quota as it is before this run deletes anything: `PurgeRun.usageBefore`. Nothing when no policy asks for it. */
export async function usageNow(work: AccountWork): Promise<readonly QuotaRoot[]> {
  return asksForUsage(work) ? await quotaOf(await work.connection.session()) : [];
}

function asksForUsage({ rules }: AccountWork): boolean {
  return rules.policies.some((policy) => policy.when !== null && policy.drainTo === null);
}

async function quotaOf(session: MailReader): Promise<readonly QuotaRoot[]> {
  const { gmail } = session.capabilities;
  // All Mail of Gmail is a mirror, and yet where its mail is.
  const folders = (await session.folders()).filter(
    (one) => holdsMail(one) || (gmail && one.roles.includes('all')),
  );
  return (await session.quota(folders.map((folder) => folder.path))) ?? [];
}
