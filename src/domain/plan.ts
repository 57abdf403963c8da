import { type Bytes, bytes, type Uid } from './brands.ts';
import type { FolderProblem } from './folder-problem.ts';
import type { Folder, FolderSize, FolderState } from './folder.ts';
import type { Limits } from './policy.ts';
import type { QuotaView } from './quota.ts';
import type { Reason } from './reason.ts';

/** A message that a plan lets leave, and why. */
export interface PlannedMessage {
  readonly uid: Uid;
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  /** Labels of Gmail; missing where the server has none. */
  readonly labels?: readonly string[];
  readonly reason: string;
  /** True when this policy has a verified copy already: only its delete half may follow. */
  readonly archived: boolean;
}

/** How many messages stay for one reason. */
export interface Tally {
  readonly reason: Reason;
  readonly messages: number;
}

export interface FolderPlan {
  readonly folder: Folder;
  readonly state: FolderState;
  readonly total: FolderSize;
  /** In the order they leave. */
  readonly messages: readonly PlannedMessage[];
  readonly kept: readonly Tally[];
  /** Selected too, and not listed: more than one plan lists. Missing: none. */
  readonly beyond?: Totals;
}

/** What a drain aims at and how near it comes. */
export interface DrainOutlook {
  readonly view: QuotaView;
  /** Usage that the drain wants to be under. */
  readonly target: number;
  /** What has to go beyond that already archived and waiting for its purge. */
  readonly needed: number;
  /** How much of `needed` no candidate covers; 0 when the target is within reach. */
  readonly shortfall: number;
}

/** Why a policy does nothing on an account just now. */
export type Idle =
  | { readonly kind: 'quota below threshold'; readonly view: QuotaView }
  | { readonly kind: 'quota not reported' }
  | { readonly kind: 'no folder' };

/** What a policy would do to one account: data, with reasons. */
export interface Plan {
  readonly policy: string;
  readonly server: string;
  readonly account: string;
  readonly idle: Idle | null;
  readonly folders: readonly FolderPlan[];
  /** Folders that were left out because the server would not open them. */
  readonly problems: readonly FolderProblem[];
  readonly quotaBefore: QuotaView | null;
  readonly quotaAfter: QuotaView | null;
  /** What all folders of the policy held when it was made; missing: not known. */
  readonly held?: FolderSize;
  /** Paths of the folders under the root of these two; missing: not known. */
  readonly quotaFolders?: readonly string[];
  readonly drains: readonly DrainOutlook[];
}

export interface Totals {
  readonly messages: number;
  readonly bytes: Bytes;
}

/** Messages and bytes of a list. */
export function totals(messages: Iterable<{ readonly size: Bytes }>): Totals {
  let count = 0;
  let sum = 0;
  for (const message of messages) {
    count += 1;
    sum += message.size;
  }
  return { messages: count, bytes: bytes(sum) };
}

/** All that may leave one folder, listed or not. */
export function folderTotals({ messages, beyond }: FolderPlan): Totals {
  const listed = totals(messages);
  return beyond === undefined ? listed : sumSizes([listed, beyond]);
}

export function planTotals(plan: Plan): Totals {
  return sumSizes(plan.folders.map(folderTotals));
}

/** Messages and bytes of folders together. */
export function sumSizes(sizes: Iterable<FolderSize>): FolderSize {
  let messages = 0;
  let sum = 0;
  for (const size of sizes) {
    messages += size.messages;
    sum += size.bytes;
  }
  return { messages, bytes: bytes(sum) };
}

/** A limit that a plan breaks, and by how much. */
export interface LimitExceeded {
  readonly limit: 'maxMessages' | 'maxBytes' | 'maxPercent';
  readonly allowed: number;
  readonly wanted: number;
  readonly of: 'messages' | 'bytes';
}

/** Checks what would leave against what the policy's folders hold. Percentages are not rounded. */
export function exceeded(leaving: Totals, held: FolderSize, limits: Limits): readonly LimitExceeded[] {
  const broken: LimitExceeded[] = [];
  if (leaving.messages > limits.maxMessages) {
    broken.push({
      limit: 'maxMessages',
      allowed: limits.maxMessages,
      wanted: leaving.messages,
      of: 'messages',
    });
  }
  if (leaving.bytes > limits.maxBytes) {
    broken.push({ limit: 'maxBytes', allowed: limits.maxBytes, wanted: leaving.bytes, of: 'bytes' });
  }
  for (const part of ['messages', 'bytes'] as const) {
    const percent = held[part] === 0 ? 0 : (100 * leaving[part]) / held[part];
    if (percent > limits.maxPercent)
      broken.push({ limit: 'maxPercent', allowed: limits.maxPercent, wanted: percent, of: part });
  }
  return broken;
}
