import type { Bytes } from './brands.ts';
import type { NamespaceKind } from './folder.ts';

/** A span of time: `d` and `w` are 24-hour days, `mo` and `y` calendar units. */
export interface Duration {
  readonly count: number;
  readonly unit: 'd' | 'w' | 'mo' | 'y';
}

/**
 * How long something stays: one duration, or one in days and one of the calendar, neither of which is the
 * longer one on all dates. The later end counts.
 */
export type Term = Duration | { readonly laterOf: readonly [Duration, Duration] };

/** Which date an age is measured from: INTERNALDATE, the Date header, or SAVEDATE (RFC 8514). */
export type AgeFrom = 'received' | 'sent' | 'saved';

export type SystemFlag = 'seen' | 'answered' | 'flagged' | 'deleted' | 'draft';

/** A condition on one message. Evaluated in three values: yes, no, unknown. */
export type Match =
  | { readonly kind: 'all'; readonly of: readonly Match[] }
  | { readonly kind: 'any'; readonly of: readonly Match[] }
  | { readonly kind: 'not'; readonly of: Match }
  | { readonly kind: 'olderThan'; readonly age: Duration; readonly from: AgeFrom }
  | { readonly kind: 'largerThan'; readonly bytes: Bytes }
  | { readonly kind: 'flag'; readonly flag: SystemFlag }
  | { readonly kind: 'keyword'; readonly keyword: string }
  | { readonly kind: 'unseen' }
  /** `from`, `to` and `subject` are header matches too; the name is in lower case, globs ignore case. */
  | { readonly kind: 'header'; readonly name: string; readonly globs: readonly string[] };

/** Include and exclude lists of glob patterns; a folder pattern may be `role:trash`. */
export interface Patterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export type ArchiveFormat = 'mbox' | 'eml-zip' | 'maildir-tar';
export type Compression = 'zstd' | 'gzip' | 'deflate' | 'none';

export interface ArchiveRule {
  /** Name of a store in mothball.yaml. */
  readonly to: string;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  /** Small selections wait until there is enough to archive; missing: they don't. */
  readonly gather?: Gathering;
  /** Mail in one archive; missing: `usualArchiveBytes`. */
  readonly maxBytes?: Bytes;
}

/** A folder's selection waits until it has `minBytes`, or its oldest message has waited for `maxWait`. */
export interface Gathering {
  readonly minBytes: Bytes;
  readonly maxWait: Duration;
}

export interface DeleteRule {
  /** The grace between verified archive and purge. */
  readonly after: Term;
  readonly mode: 'expunge' | 'trash';
}

export interface Limits {
  readonly maxMessages: number;
  readonly maxBytes: Bytes;
  /** Of the messages, and separately of the bytes, in the policy's folders. */
  readonly maxPercent: number;
}

/** `when: {quotaAbove: 90%}` with `drainTo: 75%`, in percent of the limit. */
export interface Drain {
  readonly quotaAbove: number;
  readonly drainTo: number;
}

export interface Order {
  readonly by: 'oldest' | 'largest';
  /** Folder patterns by priority, first ones leave first. Empty: no priority. */
  readonly folders: readonly string[];
}

/** Notices in the INBOX of an account. */
export interface Notify {
  /** See notice-template.ts; null: the usual text and subject. */
  readonly template: string | null;
  readonly subject: string | null;
  /** Null: the postmaster of the account's domain. */
  readonly from: { readonly name: string | null; readonly address: string } | null;
  /** An account gets one notice in this time, whatever its policies. */
  readonly every: Duration;
  /** The usage from which the owner gets a notice that the mailbox is nearly full, in percent of the limit. */
  readonly nearFull: number;
}

/** Web addresses that are called when a run ended. Null: that result is not reported. */
export interface OnRun {
  readonly success: string | null;
  readonly failure: string | null;
  readonly method: 'GET' | 'POST';
}

/** What a policy does otherwise for some of its accounts. All but `quota` can only make the policy keep more mail, or keep it longer. */
export interface Override {
  readonly accounts: Patterns;
  /** In place of the policy's own; null: as the policy says. */
  readonly quota: { readonly quotaAbove: number; readonly drainTo: number | null } | null;
  /** Mail must match this as well; null: nothing more. */
  readonly match: Match | null;
  /** Folders that are left out as well. */
  readonly folders: readonly string[];
  /** A longer grace; null: the policy's. */
  readonly after: Duration | null;
  /** Archives are kept for longer; null: as long as the policy says. */
  readonly retain: Duration | 'forever' | null;
  /** SHA-256 of the canonical JSON of all but `accounts`, first 16 hex digits. */
  readonly hash: string;
}

export interface Policy {
  readonly name: string;
  readonly mode: 'plan' | 'enforce';
  /** Five-field cron expression, or null: runs by hand only. */
  readonly schedule: string | null;
  /** IANA name; decides the schedule and where calendar days end. */
  readonly timezone: string;
  readonly accounts: Patterns;
  readonly folders: Patterns & { readonly namespaces: readonly NamespaceKind[] };
  readonly match: Match;
  /** Null: the policy acts whatever the quota says. */
  readonly when: { readonly quotaAbove: number } | null;
  readonly drainTo: number | null;
  readonly order: Order;

  readonly archive: ArchiveRule;
  /** Null: archive only. */
  readonly delete: DeleteRule | null;
  readonly limits: Limits;
  /** `body`: read and hash each message again before it is deleted. */
  readonly recheck: 'meta' | 'body';
  /** Delete although the server's RFC822.SIZE was wrong, after two equal reads. */
  readonly trustBodyOverSize: boolean;
  /** How long restored messages are left alone. */
  readonly restoredKeep: Duration;
  /** How long archives are kept; null: for good. Acted on by `expire` only. */
  readonly retain: Term | null;
  /** Notices for its accounts' owners; null: none. Not in the hash: it decides on no mail. */
  readonly notify: Notify | null;
  /** Index what is written in its mail; left out: no. Not in the hash either. */
  readonly indexText?: boolean;
  /** For some of its accounts; left out: there are none, or they have been applied (`override.ts`). Not in the hash. */
  readonly overrides?: readonly Override[];
  /** Those that were applied, where this is the policy of one account; left out: none. Not in the hash either. */
  readonly applied?: readonly Override[];
  /** Called after each run; left out: nothing is called. */
  readonly onRun?: OnRun | null;
  /** SHA-256 of the canonical JSON of the others, first 16 hex digits; goes into manifests. */
  readonly hash: string;
}

/** Mail that nothing may delete. */
export interface Hold {
  readonly name: string;
  readonly accounts: Patterns;
  /** Null: every message of the accounts. */
  readonly match: Match | null;
}
