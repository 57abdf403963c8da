import type { Snapshot, SnapshotMessage } from '../oracle/snapshot.ts';

/** Subjects of the messages that are there, sorted: what small tests compare. */
export function subjects(snapshot: Snapshot, folder?: string): readonly string[] {
  return snapshot.messages
    .filter((message) => folder === undefined || message.folder === folder)
    .map((message) => message.subject)
    .toSorted();
}

/** The only message with this subject. */
export function bySubject(snapshot: Snapshot, subject: string): SnapshotMessage {
  const found = snapshot.messages.filter((message) => message.subject === subject);
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${found.length} messages with subject ${subject}`);
  return only;
}
