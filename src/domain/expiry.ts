import type { Bytes } from './brands.ts';
import { add, formatDuration } from './duration.ts';
import type { Policy } from './policy.ts';

/** What the catalog knows of an archive, as far as its retention goes. */
export interface ExpiryRecord {
  readonly policy: string;
  readonly state: 'sealed' | 'verified' | 'quarantined' | 'expired';
  readonly stateReason: string | null;
  readonly created: Date;
}

/** What has to be looked up of an archive whose time may have come. */
export interface ExpiryDetails {
  /** The newest INTERNALDATE in it; null: not known. */
  readonly newest: Date | null;
  /** Messages that wait for their purge, and those whose deletion has begun. */
  readonly pending: number;
  readonly deleting: number;
  /** An interrupted run of its policy on its folder has yet to be finished. */
  readonly openBatch: boolean;
  /** Name of a hold that covers a message of it, with the words for it; null: none. */
  readonly held: string | null;
  /** The lock on one of its objects that ends last; null: none is locked. */
  readonly lock: { readonly mode: string; readonly until: Date | null } | null;
}

export interface ExpiryRules {
  /** The policy of that name as it is now; null: no policy has that name. */
  readonly policy: Policy | null;
  readonly now: Date;
  /** Quarantined archives go too. */
  readonly quarantined: boolean;
}

/** What becomes of an archive, in words that a report can count by. */
export type ExpiryDecision =
  { readonly kind: 'expire'; readonly reason: string } | { readonly kind: 'keep'; readonly reason: string };

/**
 * What the record alone decides: the reason why the archive stays, or null when the rest has to be
 * looked up. Cheap, since nearly every archive ends here.
 */
export function keptByRecord(record: ExpiryRecord, rules: ExpiryRules): string | null {
  const { policy, now } = rules;
  if (record.state === 'expired') return 'expired already';
  if (policy === null) return `its policy ${record.policy} is gone`;
  if (policy.retain === null)
    return policy.applied === undefined
      ? `its policy ${policy.name} has no retain`
      : `its policy ${policy.name} keeps archives of this account for good`;
  if (policy.mode !== 'enforce') return `its policy ${policy.name} is in plan mode`;
  if (record.state === 'sealed') return 'not verified yet';
  if (record.state === 'quarantined' && !rules.quarantined)
    return `quarantined: ${record.stateReason ?? 'unknown reason'}`;
  return dueOn(record.created, policy).getTime() <= now.getTime() ? null : tooYoung(policy);
}

/**
 * The verdict on one archive. Its age counts from its creation or from the newest message in it,
 * whichever is later; unknown means keep, whatever is unknown (SAFETY I3).
 */
export function decideExpiry(
  record: ExpiryRecord,
  details: ExpiryDetails,
  rules: ExpiryRules,
): ExpiryDecision {
  const { policy, now } = rules;
  const kept = keptByRecord(record, rules);
  if (kept !== null || policy === null) return keep(kept ?? 'its policy is gone');
  if (details.newest === null) return keep('the dates of its messages are not known');
  if (dueOn(details.newest, policy).getTime() > now.getTime()) return keep(tooYoung(policy));
  const work = openWork(details);
  if (work !== null) return keep(work);
  if (details.held !== null) return keep(`held by ${details.held}`);
  if (details.lock !== null) return keep(lockText(details.lock));
  return { kind: 'expire', reason: `older than retain ${retainText(policy)} of policy ${policy.name}` };
}

/** Why an archive may not go yet: what was begun with its mail has to be finished first. */
export function openWork(details: Pick<ExpiryDetails, 'pending' | 'deleting' | 'openBatch'>): string | null {
  if (details.deleting > 0) return 'a deletion that it covers was interrupted';
  if (details.pending > 0) return 'mail waits for its purge';
  if (details.openBatch) return 'an interrupted run is not finished yet';
  return null;
}

/** A lock in words, with the moment it ends. */
export function lockText(lock: { readonly mode: string; readonly until: Date | null }): string {
  const name = lock.mode === 'legal hold' ? 'under a legal hold' : `under object lock (${lock.mode})`;
  return lock.until === null ? name : `${name} until ${lock.until.toISOString()}`;
}

/** The lock that ends last; one without an end outlasts all. */
export function lastingLock<L extends { readonly until: Date | null }>(locks: readonly L[]): L | null {
  const end = (lock: L): number => lock.until?.getTime() ?? Number.POSITIVE_INFINITY;
  return locks.toSorted((a, b) => end(b) - end(a))[0] ?? null;
}

/** Calendar units end in the policy's timezone; what exists twice ends the later time. */
export function dueOn(from: Date, { retain, timezone }: Policy): Date {
  return retain === null ? new Date(Number.NaN) : add(from, retain, timezone);
}

function tooYoung(policy: Policy): string {
  return `younger than retain ${retainText(policy)}`;
}

function retainText({ retain }: Policy): string {
  return retain === null ? 'for good' : formatDuration(retain);
}

function keep(reason: string): ExpiryDecision {
  return { kind: 'keep', reason };
}

/** What a run would remove of a store, or what the store holds. */
export interface StoreShare {
  readonly archives: number;
  readonly bytes: Bytes;
}

/** A limit that an expiry breaks. Percentages are not rounded. */
export interface ExpiryLimitExceeded {
  readonly of: 'archives' | 'bytes';
  readonly allowed: number;
  readonly wanted: number;
}

/** Checks what would go against what the store holds. */
export function expiryExceeded(
  leaving: StoreShare,
  held: StoreShare,
  maxPercent: number,
): readonly ExpiryLimitExceeded[] {
  return (['archives', 'bytes'] as const).flatMap((of) => {
    const wanted = held[of] === 0 ? 0 : (100 * leaving[of]) / held[of];
    return wanted > maxPercent ? [{ of, allowed: maxPercent, wanted }] : [];
  });
}
