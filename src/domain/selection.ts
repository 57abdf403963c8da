import type { Bytes, Uid } from './brands.ts';
import { plausible } from './dates.ts';
import type { Folder } from './folder.ts';
import { accountMatches } from './glob.ts';
import { evaluate, hasFlag, headersNeeded, type MatchContext, namesFlag, type Subject } from './match.ts';
import type { MessageMeta } from './message.ts';
import type { LabelRules, LabelVerdict } from './labels.ts';
import { type NoticeMarks, unreadNotice } from './notice-mark.ts';
import type { Hold, Match, Policy } from './policy.ts';
import type { Reason } from './reason.ts';

export interface Selected {
  readonly kind: 'selected';
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  /** Labels of Gmail; missing where the server has none. */
  readonly labels?: readonly string[];
  readonly reason: string;
}

export interface Kept {
  readonly kind: 'kept';
  readonly uid: Uid;
  readonly reason: Reason;
}

export type Decision = Selected | Kept;

export interface SelectionRules {
  readonly policy: Policy;
  /** Holds that cover the account. */
  readonly holds: readonly Hold[];
  readonly now: Date;
  /** UIDs of this folder that a restore made not long ago. */
  readonly restored: ReadonlySet<Uid>;
  /** UIDs that may not be touched, with the reason. */
  readonly quarantined: ReadonlyMap<Uid, string>;
  /** Notices of ours stay until they are read. */
  readonly notices: NoticeMarks;
  /** On Gmail, where labels decide instead of folders; missing: the folder is one that the policy covers. */
  readonly labels?: LabelRules;
}

/**
 * The verdict on one message: does this policy let it leave? The server's SEARCH is not asked.
 * Unknown means keep, whatever is unknown (SAFETY I3).
 */
export function decide(message: MessageMeta, rules: SelectionRules): Decision {
  const { policy, now } = rules;
  const keep = (reason: Reason): Kept => ({ kind: 'kept', uid: message.uid, reason });
  const quarantine = rules.quarantined.get(message.uid);
  if (quarantine !== undefined) return keep({ code: 'quarantined', detail: quarantine });
  if (message.flags === null) return keep({ code: 'flags-unknown' });
  if (message.size === null) return keep({ code: 'size-unknown' });
  const received = plausible(message.internalDate, now);
  if (received === null) return keep({ code: 'date-unknown' });
  const context = { now, timezone: policy.timezone };
  const { verdict, reason } = evaluate(policy.match, message, context);
  const misplaced = displaced(message, rules);
  if (misplaced?.code === 'no-match') return keep(misplaced);
  if (verdict === 'unknown') return keep({ code: 'undecidable', detail: reason });
  if (verdict === 'no') return keep({ code: 'no-match' });
  if (misplaced !== null) return keep(misplaced);
  const shield = protection(message.flags, policy.match);
  if (shield !== null) return keep(shield);
  if (rules.restored.has(message.uid)) return keep({ code: 'restored' });
  const unread = unreadNotice(message, rules.notices);
  if (unread !== null) return keep(unread);
  if (policy.delete !== null) {
    const hold = heldBy(message, rules.holds, context);
    if (hold !== null) return keep({ code: 'held', detail: hold });
  }
  const { uid, size, flags, emailId, labels } = message;
  const known = labels === undefined || labels === null ? {} : { labels };
  return { kind: 'selected', uid, size, internalDate: received, flags, emailId, ...known, reason };
}

/** Why its labels keep a message out of the policy; null: they don't, or the server has none. */
function displaced({ labels, emailId }: MessageMeta, rules: SelectionRules): Reason | null {
  if (rules.labels === undefined) return null;
  const place = rules.labels.place(labels, rules.policy);
  if (place.kind === 'outside') return { code: 'no-match' };
  if (place.kind === 'kept') return place.reason;
  // What leaves is found again in Trash by this number alone.
  return emailId === null && rules.policy.delete !== null ? { code: 'gmail-id-unknown' } : null;
}

/**
 * Whether the policy wants a copy of a message that is about to leave, whatever holds and earlier
 * events say. One that can't be decided counts as wanted.
 */
export function mayWant(message: MessageMeta, policy: Policy, now: Date, labels?: LabelRules): boolean {
  const { match, timezone } = policy;
  const place = labels?.place(message.labels, policy);
  return (
    (place === undefined || place.kind === 'selected' || isUnknown(place)) &&
    evaluate(match, message, { now, timezone }).verdict !== 'no' &&
    (message.flags === null || protection(message.flags, match) === null)
  );
}

/** Labels that can't be read may be those that the policy selects. */
function isUnknown(place: LabelVerdict): boolean {
  return place.kind === 'kept' && place.reason.code === 'labels-unknown';
}

/** Flagged, draft and \Deleted mail stays unless the match names that flag, not under `not`. */
export function protection(flags: readonly string[], match: Match): Reason | null {
  for (const flag of ['flagged', 'draft', 'deleted'] as const) {
    if (hasFlag(flags, `\\${flag}`) && !namesFlag(match, flag)) return { code: flag };
  }
  return null;
}

/** Name of the first hold that covers the message; one that can't be decided counts as holding. */
export function heldBy(subject: Subject, holds: readonly Hold[], context: MatchContext): string | null {
  const hold = holds.find(
    (candidate) => candidate.match === null || evaluate(candidate.match, subject, context).verdict !== 'no',
  );
  return hold?.name ?? null;
}

/**
 * The holds that cover an account's folder. The server does not say to whom a shared folder
 * belongs, so there every hold counts.
 */
export function holdsOn(
  account: string,
  folder: Pick<Folder, 'namespace'>,
  holds: readonly Hold[],
): readonly Hold[] {
  if (folder.namespace !== 'personal') return holds;
  return holds.filter((hold) => accountMatches(hold.accounts, account));
}

/** Header fields (lower case) that some policy or hold looks at: manifests record all of them. */
export function recordedHeaders(policies: readonly Policy[], holds: readonly Hold[]): readonly string[] {
  const own = policies.flatMap(({ match, overrides = [] }) => [
    match,
    ...overrides.flatMap((one) => one.match ?? []),
  ]);
  const matches = [...own, ...holds.flatMap((hold) => hold.match ?? [])];
  return [...new Set(matches.flatMap(headersNeeded))].toSorted();
}
