import type { Snapshot, SnapshotMessage } from './snapshot.ts';

/** A policy in the few words that the tests use; all that is given must hold. */
export interface Rule {
  /** Folders that the rule sees. Default: every folder. */
  readonly folders?: readonly string[];
  readonly notFolders?: readonly string[];
  readonly olderThanDays?: number;
  readonly largerThan?: number;
  readonly keyword?: string;
  /** Lets flagged mail go. */
  readonly takesFlagged?: boolean;
  readonly takesDraft?: boolean;
  /** Held: From contains one of these. */
  readonly heldFrom?: readonly string[];
}

/** What the rule selects, in the simplest words: an independent reading of the policy's meaning. */
export function selectByRule(snapshot: Snapshot, rule: Rule, now: Date): readonly SnapshotMessage[] {
  const cut = now.getTime() - (rule.olderThanDays ?? 0) * 86_400_000;
  return snapshot.messages.filter((message) => {
    const flags = message.flags.map((flag) => flag.toLowerCase());
    if (rule.folders !== undefined && !rule.folders.includes(message.folder)) return false;
    if (rule.notFolders?.includes(message.folder) === true) return false;
    if (rule.olderThanDays !== undefined && message.internalDate.getTime() >= cut) return false;
    if (rule.largerThan !== undefined && message.size <= rule.largerThan) return false;
    if (rule.keyword !== undefined && !flags.includes(rule.keyword.toLowerCase())) return false;
    if (rule.takesFlagged !== true && flags.includes('\\flagged')) return false;
    if (rule.takesDraft !== true && flags.includes('\\draft')) return false;
    const from = message.from.toLowerCase();
    return !(rule.heldFrom ?? []).some((part) => from.includes(part.toLowerCase()));
  });
}

/** Oldest first, until usage is under the target: what a drain has to take, and not one more. In octets. */
export function oldestUntilUnder(
  candidates: readonly SnapshotMessage[],
  used: number,
  target: number,
): readonly SnapshotMessage[] {
  const taken: SnapshotMessage[] = [];
  let left = used;
  for (const message of candidates.toSorted((a, b) => a.internalDate.getTime() - b.internalDate.getTime())) {
    if (left < target) break;
    taken.push(message);
    left -= message.size;
  }
  return taken;
}
