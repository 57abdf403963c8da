import type { Uid } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { MailSession } from '../ports/mail.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Outgoing } from './compare.ts';

/** A message in All Mail whose labels are to be put back. */
export interface Labelled<M> {
  readonly message: M;
  readonly uid: Uid;
}

/**
 * Puts the labels of Gmail back on what a restore appended to All Mail: one STORE for all messages with
 * the same labels, then a look. Labels are only added, so doing it again changes nothing. Returns what
 * is missing, by message.
 */
export async function putLabels<M extends Outgoing>(
  work: LockedWork,
  path: string,
  wanted: readonly Labelled<M>[],
): Promise<ReadonlyMap<M, string>> {
  const labelled = wanted.filter(({ message }) => labelsOf(message).length > 0);
  if (labelled.length === 0) return new Map();
  const session = await work.connection.session();
  await session.select(path);
  for (const group of Map.groupBy(labelled, ({ message }) => JSON.stringify(labelsOf(message))).values()) {
    const [first] = group;
    if (first === undefined) continue;
    await add(
      session,
      group.map(({ uid }) => uid),
      labelsOf(first.message),
    );
  }
  failPoint('after labels');
  const now = new Map<Uid, readonly string[]>();
  const uids = labelled.map(({ uid }) => uid).toSorted((a, b) => a - b);
  for await (const { uid, labels } of session.fetchMeta(uids)) now.set(uid, lower(labels ?? []));
  const problems = labelled.flatMap(({ message, uid }): readonly (readonly [M, string])[] => {
    const there = now.get(uid) ?? [];
    const missing = labelsOf(message).filter((label) => !there.includes(fold(label)));
    return missing.length === 0 ? [] : [[message, `Gmail did not take its labels: ${missing.join(', ')}`]];
  });
  return new Map(problems);
}

/** Those of the messages that have labels in the archive and none in All Mail. */
export async function withoutLabels<M extends Outgoing>(
  work: LockedWork,
  path: string,
  all: readonly Labelled<M>[],
): Promise<readonly Labelled<M>[]> {
  const labelled = all.filter(({ message }) => labelsOf(message).length > 0);
  if (labelled.length === 0) return [];
  const session = await work.connection.session();
  await session.examine(path);
  const bare = new Set<Uid>();
  const uids = labelled.map(({ uid }) => uid).toSorted((a, b) => a - b);
  for await (const { uid, labels } of session.fetchMeta(uids)) if (labels?.length === 0) bare.add(uid);
  return labelled.filter(({ uid }) => bare.has(uid));
}

/** All at once; where Gmail refuses that, each label by itself, so that one costs only itself. */
async function add(session: MailSession, uids: readonly Uid[], labels: readonly string[]): Promise<void> {
  const sorted = uids.toSorted((a, b) => a - b);
  try {
    await session.addLabels(sorted, labels);
  } catch (error) {
    if (!isError(error, 'protocol', 'guard')) throw error;
    if (labels.length === 1) return;
    for (const label of labels) await add(session, sorted, [label]);
  }
}

function labelsOf({ info }: Outgoing): readonly string[] {
  return info.labels ?? [];
}

/** The system's labels compare in any case. */
function fold(label: string): string {
  return label.startsWith('\\') ? label.toLowerCase() : label;
}

function lower(labels: readonly string[]): readonly string[] {
  return labels.map(fold);
}
