/** What the oracle remembers of one mailbox over its life, and its judgement after each step. */
import assert from 'node:assert/strict';
import type { Site } from '../integration/installation.ts';
import { type Archive, readArchives } from '../oracle/archives.ts';
import { gone, nameOf } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot, type SnapshotMessage } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';

/** The policy of these lives in the oracle's words. */
export const rules = {
  olderThan: 365,
  grace: 7,
  retain: 30,
  restoredKeep: 30,
  rival: '@rival.example',
} as const;
export const covered = ['INBOX', 'Lists'] as const;

const dayMs = 86_400_000;

export interface Life {
  readonly dovecot: Dovecot;
  readonly user: string;
  readonly site: Site;
  readonly memory: Memory;
}

export class Memory {
  /** Days that have passed since the life began. */
  day = 0;
  held = false;
  /** The mailbox and the archives as the last step left them. */
  mailbox: Snapshot;
  archives: readonly Archive[] = [];
  /** Every message that ever was in the mailbox, by digest. */
  readonly ever = new Map<string, SnapshotMessage>();
  /** Digests that their owner deleted, or whose archive's time was over. */
  readonly mayBeGone = new Set<string>();
  /** The day on which an archive was first seen, by its ID; and on which a restore made a message. */
  readonly since = new Map<string, number>();
  readonly restored = new Map<string, number>();
  /** Messages that their owner marked \Deleted. */
  readonly marked = new Set<string>();
  /** Messages that runs deleted. */
  deleted = 0;

  constructor(mailbox: Snapshot) {
    this.mailbox = mailbox;
    for (const message of mailbox.messages) this.ever.set(message.sha256, message);
  }
}

/** Whether the policy lets the message go today, and every reason why not. */
function whyItStays(memory: Memory, message: SnapshotMessage): string | null {
  const now = Date.now() + memory.day * dayMs;
  const flags = message.flags.map((flag) => flag.toLowerCase());
  if (!covered.some((folder) => folder === message.folder)) return 'its folder is not covered';
  // The clock moves on while a step runs: a minute is no matter, mail of these lives is days old.
  if (message.internalDate.getTime() >= now - rules.olderThan * dayMs + 60_000) return 'it is too young';
  if (flags.includes('\\flagged')) return 'it is flagged';
  if (memory.marked.has(nameOf(message))) return 'its owner marked it \\Deleted';
  if (memory.held && message.from.includes(rules.rival)) return 'it is held';
  const restored = memory.restored.get(nameOf(message));
  return restored !== undefined && memory.day - restored < rules.restoredKeep ? 'it was restored' : null;
}

const isMarked = ({ flags }: SnapshotMessage): boolean => flags.includes('\\Deleted');

export type Actor = 'owner' | 'run' | 'restore' | 'expire' | 'reindex';

/** Looks at everything again, and judges what this step of this actor changed. */
export async function judge({ dovecot, user, site, memory }: Life, actor: Actor): Promise<void> {
  const before = memory.mailbox;
  const mailbox = await snapshot(dovecot, user);
  // Every archive has to read back as its manifest says: the oracle throws otherwise.
  const archives = readArchives(site.archiveDir);
  const lost = gone(before, mailbox);
  const fresh = gone(mailbox, before);
  const there = new Map(memory.archives.map((archive) => [archive.head.id, archive]));
  for (const { head } of archives) {
    if (!memory.since.has(head.id)) memory.since.set(head.id, memory.day);
    there.delete(head.id);
  }
  if (actor === 'run') for (const message of lost) judgeDeletion(memory, message);
  else if (actor !== 'owner') assert.deepEqual(lost.map(nameOf), [], `gone by ${actor}`);
  if (actor === 'restore') for (const message of fresh) memory.restored.set(nameOf(message), memory.day);
  else if (actor !== 'owner') assert.deepEqual(fresh.map(nameOf), [], `new by ${actor}`);
  // Their mark goes along when owners move a message. No mark but theirs was there before.
  else for (const message of fresh.filter(isMarked)) memory.marked.add(nameOf(message));
  for (const archive of there.values()) judgeRemoval(memory, archive, actor);
  memory.mailbox = mailbox;
  memory.archives = archives;
  for (const message of mailbox.messages) memory.ever.set(message.sha256, message);
  judgeWhole(memory, actor);
}

/** A message that a run removed: the policy lets it go, and an archive has held it for the grace. */
function judgeDeletion(memory: Memory, message: SnapshotMessage): void {
  memory.deleted += 1;
  assert.equal(whyItStays(memory, message), null, `a run removed ${nameOf(message)} (${message.subject})`);
  const holding = memory.archives.filter(
    ({ head, messages }) =>
      head.folder === message.folder &&
      head.uidValidity === message.uidValidity &&
      messages.some(({ line, sha256 }) => line.uid === message.uid && sha256 === message.sha256),
  );
  const waited = holding.map(({ head }) => memory.day - (memory.since.get(head.id) ?? memory.day));
  assert.ok(
    waited.some((days) => days >= rules.grace),
    `${nameOf(message)} was removed; its archives had waited ${waited.join(', ') || 'not at all'}`,
  );
}

/** An archive that is gone: by `expire` alone, when its time was over and no hold covered it. */
function judgeRemoval(memory: Memory, { head, messages }: Archive, actor: Actor): void {
  assert.equal(actor, 'expire', `archive ${head.id} was removed by ${actor}`);
  const age = memory.day - (memory.since.get(head.id) ?? memory.day);
  assert.ok(age >= rules.retain, `archive ${head.id} was removed after ${age} days`);
  for (const { sha256, bytes } of messages) {
    const rival = bytes.toString('latin1').includes(rules.rival);
    assert.ok(!(memory.held && rival), `archive ${head.id} was removed with held mail`);
    memory.mayBeGone.add(sha256);
  }
  // The same mail may be archived again, under the same ID.
  memory.since.delete(head.id);
}

/** What holds at any time: all mail somewhere, archived once, and no mark of ours left. */
function judgeWhole({ mailbox, archives, ever, mayBeGone, marked }: Memory, actor: Actor): void {
  const somewhere = new Set([
    ...mailbox.messages.map(({ sha256 }) => sha256),
    ...archives.flatMap(({ messages }) => messages.map(({ sha256 }) => sha256)),
  ]);
  for (const [digest, message] of ever)
    assert.ok(
      somewhere.has(digest) || mayBeGone.has(digest),
      `LOST after ${actor}: ${nameOf(message)} (${message.subject})`,
    );
  const lines = archives.flatMap(({ head, messages }) =>
    messages.map(({ line }) => `${head.folder} (${head.uidValidity}) UID ${line.uid}`),
  );
  assert.equal(new Set(lines).size, lines.length, `archived twice after ${actor}: ${lines.join(', ')}`);
  const ours = mailbox.messages.filter((message) => isMarked(message) && !marked.has(nameOf(message)));
  assert.deepEqual(ours.map(nameOf), [], `marked \\Deleted after ${actor}`);
}

/**
 * After a restore each archived message is in its folder, and no more copies than archives have lines
 * of it: a restored message that was archived again has one line more.
 */
export function judgeRestored({ mailbox, archives }: Memory): void {
  const lines = archives.flatMap(({ head, messages }) =>
    messages.map(({ sha256 }) => `${head.folder} ${sha256}`),
  );
  const there = mailbox.messages.map(({ folder, sha256 }) => `${folder} ${sha256}`);
  for (const line of new Set(lines)) {
    const copies = there.filter((one) => one === line).length;
    assert.equal(copies, 1, `${copies} copies of ${line} after a restore`);
  }
}
