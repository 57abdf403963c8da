/**
 * `notice/`: notices to the owners of mailboxes, put into their INBOX by APPEND. `notify.ts` decides
 * which notice is due, fills in its template and records it before and after the APPEND, so that no
 * owner gets it twice.
 * May import `plan`, `watch`, `work` and what is below the rooms.
 */
import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../domain/account.ts';
import { uidValidity } from '../domain/brands.ts';
import { add, subtract } from '../domain/duration.ts';
import { holdsMail } from '../domain/folder.ts';
import { isAddress, type MailAddress } from '../domain/mail-address.ts';
import {
  defaultNoticeSubject,
  defaultNoticeTemplate,
  parseTemplate,
  renderTemplate,
} from '../domain/notice-template.ts';
import { type Fullness, noticeValues, type NoticeArchives } from '../domain/notice.ts';
import { covering } from '../domain/override.ts';
import { exceeded, planTotals, sumSizes, type Totals } from '../domain/plan.ts';
import type { Notify, Policy } from '../domain/policy.ts';
import { limitedResources, percentUsed, type QuotaView } from '../domain/quota.ts';
import { errorMessage, isConnectionLost, isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { noticeMessage } from '../format/notice-message.ts';
import { makePlan } from '../plan/plan.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { accountForecast, forecastWindowMs } from '../watch/account-forecast.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** A policy that sends notices to the owners of its accounts. */
export type Notifying = Policy & { readonly notify: Notify };

/** The result for a notice, with a text for the log; null: there was none to send. */
export type NoticeResult = {
  readonly kind: 'sent' | 'not sent' | 'unconfirmed';
  readonly text: string;
} | null;

/** The enforcing policies that send notices to this account's owner. Plan mode writes nothing anywhere. */
export function notifyingPolicies(policies: readonly Policy[], account: AccountRef): readonly Notifying[] {
  return covering(policies, account.account).flatMap((policy) =>
    policy.mode === 'enforce' && policy.notify !== null ? [{ ...policy, notify: policy.notify }] : [],
  );
}

/** Whether the account may get a notice again: it has none from within the policy's `every`. */
export async function noticeIsDue(
  catalog: Pick<Catalog, 'notices'>,
  account: AccountRef,
  policy: Notifying,
  now: Date,
): Promise<boolean> {
  const [last] = await catalog.notices(account);
  return last === undefined || last.at <= quietSince(policy, now);
}

/**
 * After a run, under its lock: a notice to the owner of what was archived since the last notice, and
 * of how full the mailbox is. `ran` are the policies that ran.
 */
export async function noticeAfterRun(work: LockedWork, ran: readonly Policy[]): Promise<NoticeResult> {
  const [policy] = notifyingPolicies(ran, work.account);
  if (policy === undefined || work.signal.aborted) return null;
  if (!(await noticeIsDue(work.catalog, work.account, policy, work.clock.now()))) return null;
  return guarded(work, async () => {
    const archived = await archivedSince(work, policy);
    if (archived === null) return null;
    return send(work, policy, archived, await fullness(work, policy));
  });
}

/**
 * Under the account's lock: a notice to the owner that the mailbox is nearly full, if it still is, and
 * of what the policy will do about it.
 */
export async function noticeNearFull(work: LockedWork, policy: Notifying): Promise<NoticeResult> {
  return guarded(work, async () => {
    const full = await fullness(work, policy);
    if (full === null) return null;
    const leaving = await leavingNext(work, policy);
    return send(work, policy, await archivedSince(work, policy), { ...full, leaving });
  });
}

/** A failed notice must not fail the run, which has done its work; a broken catalog must. */
async function guarded(work: LockedWork, step: () => Promise<NoticeResult>): Promise<NoticeResult> {
  try {
    return await step();
  } catch (error) {
    if (!isCatchable(error)) throw error;
    await work.connection.drop().catch(() => undefined);
    return { kind: 'not sent', text: `no notice was sent to ${work.account.account}: ${error.message}` };
  }
}

/**
 * Record, APPEND, record. A crash or a lost connection in between leaves a notice that may or may not
 * have arrived. It counts as sent, because two would be worse than none.
 */
async function send(
  work: LockedWork,
  policy: Notifying,
  archived: NoticeArchives | null,
  full: Fullness | null,
): Promise<NoticeResult> {
  const { account, catalog, connection, clock } = work;
  const session = await connection.session();
  const inbox = (await session.folders()).find((folder) => folder.roles.includes('inbox'))?.path ?? 'INBOX';
  const now = clock.now();
  const id = randomUUID();
  const facts = { ...account, policy: policy.name, now, timezone: policy.timezone, archived, full };
  const values = noticeValues(facts);
  const fill = (template: string): string => renderTemplate(parseTemplate(template), values);
  const message = noticeMessage({
    id,
    from: policy.notify.from ?? postmasterOf(account.account),
    account: account.account,
    subject: fill(policy.notify.subject ?? defaultNoticeSubject),
    date: now,
    text: fill(policy.notify.template ?? defaultNoticeTemplate),
  });
  if (work.signal.aborted || (await catalog.paused()) !== null) return null;
  const notice = { ...account, id, policy: policy.name, at: now, folder: inbox };
  if (!(await catalog.beginNotice(notice, quietSince(policy, now)))) return null;
  failPoint('after notice record');
  const again = `The next one is sent after ${add(now, policy.notify.every, policy.timezone).toISOString()} at the earliest.`;
  try {
    const made = await session.append(inbox, message, [], null);
    failPoint('after notice append');
    const validity = made.uidValidity === null ? null : uidValidity(made.uidValidity);
    await catalog.settleNotice(id, { state: 'sent', uid: made.uid, uidValidity: validity });
    return { kind: 'sent', text: `a notice was put into ${inbox} of ${account.account}` };
  } catch (error) {
    if (!isError(error) || error.code === 'database') throw error;
    if (isConnectionLost(error)) {
      await connection.drop().catch(() => undefined);
      const text = `a notice may not have arrived in ${inbox} of ${account.account}: ${sentence(error.message)} ${again}`;
      return { kind: 'unconfirmed', text };
    }
    const detail = errorMessage(error);
    await catalog.settleNotice(id, { state: 'refused', detail });
    return {
      kind: 'not sent',
      text: `a notice to ${account.account} was refused: ${sentence(detail)} ${again}`,
    };
  }
}

/** With its final period, which a message has only after a remedy. */
function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function quietSince({ notify, timezone }: Notifying, now: Date): Date {
  return subtract(now, notify.every, timezone);
}

/** Every domain has someone who reads the mail of this address (RFC 2142 §5). */
function postmasterOf(account: string): MailAddress {
  const domain = isAddress(account) ? account.slice(account.lastIndexOf('@') + 1) : 'localhost';
  return { name: 'Mothball', address: `postmaster@${domain}` };
}

/** Verified archives of the policies that send notices, made since the last notice that arrived; null: none. */
async function archivedSince(work: LockedWork, policy: Notifying): Promise<NoticeArchives | null> {
  const { account, catalog, clock } = work;
  const now = clock.now();
  const notices = await catalog.notices(account);
  const lastSent = notices.find(({ state }) => state === 'sent')?.at;
  const since = lastSent ?? quietSince(policy, notices.at(-1)?.at ?? now);
  const notifying = new Map(notifyingPolicies(work.rules.policies, account).map((one) => [one.name, one]));
  const all = await catalog.archives({ accounts: [account], states: ['verified'] });
  const ids = new Set(notices.map(({ id }) => id));
  const archives: ArchiveRecord[] = [];
  for (const one of all.filter(({ created, policy: name }) => created > since && notifying.has(name)))
    if (!(await holdsNoticesAlone(catalog, one, ids))) archives.push(one);
  if (archives.length === 0) return null;
  const leaves = archives.flatMap(({ policy: name, created }) => {
    const maker = notifying.get(name);
    return maker?.delete == null ? [] : [add(created, maker.delete.after, maker.timezone).getTime()];
  });
  const last = Math.max(...leaves, 0);
  return { since, archives, leaves: last > now.getTime() ? new Date(last) : null };
}

/** Otherwise each notice that was read and archived would cause another one. */
async function holdsNoticesAlone(
  catalog: Catalog,
  { id, messages }: ArchiveRecord,
  ids: ReadonlySet<string>,
): Promise<boolean> {
  if (messages > ids.size) return false;
  const lines = await catalog.lines(id);
  return lines.every(({ messageId }) =>
    ids.has(/^<?mothball\.([0-9a-f-]{36})@/.exec(messageId ?? '')?.[1] ?? ''),
  );
}

/** How full the mailbox is now; null: below the policy's threshold, or unknown. */
async function fullness(work: LockedWork, policy: Notifying): Promise<Fullness | null> {
  const { account, catalog, clock, connection, schedule } = work;
  const session = await connection.session();
  const folders = (await session.folders()).filter(holdsMail);
  const roots = (await session.quota(folders.map(({ path }) => path))) ?? [];
  const used = (view: QuotaView): number => percentUsed(view) ?? 0;
  const [view] = roots.flatMap(limitedResources).toSorted((a, b) => used(b) - used(a));
  if (view === undefined || used(view) < policy.notify.nearFull) return null;
  const now = clock.now();
  const samples = await catalog.samples(account, new Date(now.getTime() - forecastWindowMs));
  const when = accountForecast(samples, now);
  return {
    view,
    forecast: when.kind === 'full' && when.at > now ? when.at : null,
    next: policy.schedule === null ? null : schedule(policy.schedule, policy.timezone).next(),
    leaving: null,
  };
}

/** What the policy's next run would move; null: it would move nothing, because of a limit or without `delete`. */
async function leavingNext(work: LockedWork, policy: Notifying): Promise<Totals | null> {
  const session = await work.connection.session();
  const { holds } = work.rules;
  const now = work.clock.now();
  const plan = await makePlan({ ...work, session, policy, holds, isolation: work.folders, now });
  const leaving = planTotals(plan);
  const held = sumSizes(plan.folders.map(({ total }) => total));
  return exceeded(leaving, held, policy.limits).length > 0 || policy.delete === null ? null : leaving;
}
