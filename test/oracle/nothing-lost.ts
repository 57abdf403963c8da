import assert from 'node:assert/strict';
import type { Archive } from './archives.ts';
import type { Snapshot, SnapshotMessage } from './snapshot.ts';

/** What names one message for good within a test. */
export function nameOf(message: SnapshotMessage): string {
  return `${message.folder} (${message.uidValidity}) UID ${message.uid}`;
}

/** Messages of `before` that are no longer where they were, in order. */
export function gone(before: Snapshot, after: Snapshot): readonly SnapshotMessage[] {
  const there = new Map(after.messages.map((message) => [nameOf(message), message.sha256]));
  return before.messages.filter((message) => there.get(nameOf(message)) !== message.sha256);
}

/**
 * The invariant behind every test: each message that was there before is there now, or an archive
 * holds its exact bytes under its account and folder; and nothing is gone that was not selected.
 */
export function assertNothingLost(
  before: Snapshot,
  after: Snapshot,
  archives: readonly Archive[],
  selected: readonly SnapshotMessage[],
): void {
  const allowed = new Set(selected.map(nameOf));
  const kept = new Map<string, number>();
  for (const archive of archives) {
    for (const message of archive.messages) {
      const key = `${archive.head.account}\0${archive.head.folder}\0${message.line.uid}\0${message.sha256}`;
      kept.set(key, (kept.get(key) ?? 0) + 1);
    }
  }
  const wrong: string[] = [];
  for (const message of gone(before, after)) {
    const key = `${before.user}\0${message.folder}\0${message.uid}\0${message.sha256}`;
    if (!kept.has(key)) wrong.push(`LOST: ${nameOf(message)}, ${message.size} octets`);
    if (!allowed.has(nameOf(message))) wrong.push(`gone without being selected: ${nameOf(message)}`);
  }
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} messages are lost or were not to be touched`);
}

/** The invariant, and moreover that everything selected is gone. */
export function assertExactlyGone(
  before: Snapshot,
  after: Snapshot,
  archives: readonly Archive[],
  selected: readonly SnapshotMessage[],
): void {
  assertNothingLost(before, after, archives, selected);
  assert.deepEqual(gone(before, after).map(nameOf).toSorted(), selected.map(nameOf).toSorted());
}

/** Folder by folder the same messages: bytes, flags, keywords and INTERNALDATE; UIDs may differ. */
export function assertSameMail(before: Snapshot, after: Snapshot): void {
  assert.deepEqual(contents(after), contents(before));
}

function contents(snapshot: Snapshot): readonly string[] {
  return snapshot.messages
    .map((message) => {
      const flags = message.flags
        .filter((flag) => flag !== '\\Recent')
        .map((flag) => (flag.startsWith('\\') ? flag.toLowerCase() : flag))
        .toSorted();
      return `${message.folder} ${message.sha256} ${message.internalDate.toISOString()} ${flags.join(' ')}`;
    })
    .toSorted();
}
