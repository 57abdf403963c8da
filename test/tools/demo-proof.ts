import { join } from 'node:path';
import { readArchives } from '../oracle/archives.ts';
import { snapshot, type Snapshot, type SnapshotMessage } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import { user } from './demo-site.ts';

/**
 * The proof shares no code with Mothball: the server is read over a bare socket, the archive with
 * `zstd -d`, and what counts is the SHA-256 of each message taken before Mothball ever ran.
 */
export function readServer(server: Dovecot): Promise<Snapshot> {
  return snapshot(server, user);
}

export interface Found {
  readonly wanted: number;
  readonly onServer: number;
  readonly inArchive: number;
  readonly missing: number;
}

/** Where each message of `before` is now: on the server, else in the archive, else nowhere. */
export function findEach(before: Snapshot, now: Snapshot, directory: string): Found {
  const server = counted(now.messages.map(contentKey));
  const archived = readArchives(join(directory, 'archive')).flatMap((archive) =>
    archive.messages.map((message) => `${message.head.folder}\0${message.sha256}`),
  );
  const archive = counted(archived);
  let onServer = 0;
  let inArchive = 0;
  for (const message of before.messages) {
    const key = contentKey(message);
    if (take(server, key)) onServer += 1;
    else if (take(archive, key)) inArchive += 1;
  }
  const wanted = before.messages.length;
  return { wanted, onServer, inArchive, missing: wanted - onServer - inArchive };
}

/** How many messages are on the server again with the same folder, bytes, flags and arrival date; and how many are too many. */
export function compareMailboxes(
  before: Snapshot,
  after: Snapshot,
): { readonly same: number; readonly extra: number } {
  const there = counted(after.messages.map(fullKey));
  const same = before.messages.filter((message) => take(there, fullKey(message))).length;
  return { same, extra: after.messages.length - same };
}

function contentKey(message: SnapshotMessage): string {
  return `${message.folder}\0${message.sha256}`;
}

function fullKey(message: SnapshotMessage): string {
  const flags = message.flags.toSorted().join(' ');
  return `${contentKey(message)}\0${message.internalDate.toISOString()}\0${flags}`;
}

function counted(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function take(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  if (left > 0) counts.set(key, left - 1);
  return left > 0;
}
