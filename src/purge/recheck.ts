import type { Sha256, Uid } from '../domain/brands.ts';
import { subtract } from '../domain/duration.ts';
import type { Folder, FolderState } from '../domain/folder.ts';
import { anotherMessage, sameMessage } from '../domain/identity.ts';
import { headersNeeded, needsSaveDate } from '../domain/match.ts';
import type { MessageMeta } from '../domain/message.ts';
import { noticeHeader } from '../domain/notice-mark.ts';
import { sameFolder } from '../domain/plan.ts';
import { decide, holdsOn } from '../domain/selection.ts';
import { inScope } from '../plan/candidates.ts';
import { noticeMarks } from '../plan/notice-marks.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry, FolderRef } from '../ports/records.ts';
import { bodyDigests } from '../work/body-digests.ts';
import type { Work } from '../work/work.ts';
import type { Due, Target } from './due.ts';
import { type Pair, withoutCopy } from './other-policies.ts';

export interface Rechecked {
  /** As SELECT told just now; its HIGHESTMODSEQ is the one that STORE is conditioned on. */
  readonly folder: FolderState;
  /** May be deleted, by UID. */
  readonly targets: readonly Target[];
  /** Lines whose message is not there any more, under the same folder identity. */
  readonly gone: readonly number[];
  /** Lines that are kept for good, by reason, until the policy selects them anew. */
  readonly abandoned: ReadonlyMap<string, readonly number[]>;
  /** Lines that stay pending: another policy still wants its copy, or the server can't delete. */
  readonly waiting: ReadonlyMap<string, readonly number[]>;
}

/** SAFETY step 9, all but the archive itself: the folder, each message, and today's rules. */
export async function recheck(work: Work, due: Due): Promise<Rechecked> {
  const { record, entries, policy } = due;
  const session = await work.line.session();
  const folder = (await session.folders()).find((candidate) => candidate.path === record.folder);
  if (folder === undefined) return voided(record, entries, 'the folder is gone');
  const state = await session.select(record.folder);
  if (!sameFolder(state, record))
    return voided(record, entries, 'the folder is another now (UIDVALIDITY or MAILBOXID changed)');

  const sorter = new Sorter();
  const survivors = await readAgain(work, session, due, folder, sorter);
  const identified = await sameBytes(session, due, survivors, sorter);
  const missing = await withoutCopy(work, session, policy, folder, record, identified);
  for (const [{ entry }, other] of missing) sorter.wait(entry, `policy ${other} has no verified copy yet`);
  const copied = identified.filter((pair) => !missing.has(pair));
  const targets = copied.map(({ entry, meta }) => ({ entry, flags: meta.flags }));
  return {
    folder: state,
    targets: targets.toSorted((a, b) => a.entry.uid - b.entry.uid),
    ...sorter.result(),
  };
}

/** Puts lines that fail a check under their reason. */
class Sorter {
  readonly gone: number[] = [];
  readonly #abandoned = new Map<string, number[]>();
  readonly #waiting = new Map<string, number[]>();

  abandon(entry: DeleteEntry, reason: string): void {
    add(this.#abandoned, reason, entry.line);
  }

  wait(entry: DeleteEntry, reason: string): void {
    add(this.#waiting, reason, entry.line);
  }

  result(): Pick<Rechecked, 'gone' | 'abandoned' | 'waiting'> {
    return { gone: this.gone, abandoned: this.#abandoned, waiting: this.#waiting };
  }
}

function add(map: Map<string, number[]>, reason: string, line: number): void {
  const lines = map.get(reason);
  if (lines === undefined) map.set(reason, [line]);
  else lines.push(line);
}

function voided(record: FolderRef, entries: readonly DeleteEntry[], reason: string): Rechecked {
  const { folder, uidValidity, mailboxId } = record;
  const state = {
    path: folder,
    uidValidity,
    mailboxId,
    uidNext: null,
    highestModseq: null,
    messages: 0,
    readOnly: true,
  };
  const lines = entries.map((entry) => entry.line);
  return { folder: state, targets: [], gone: [], abandoned: new Map([[reason, lines]]), waiting: new Map() };
}

/** Metadata as it is now, and the policy and holds of today on it. */
async function readAgain(
  work: Work,
  session: MailSession,
  due: Due,
  folder: Folder,
  sorter: Sorter,
): Promise<readonly Pair[]> {
  const { record, entries, policy } = due;
  const now = work.clock.now();
  const holds = holdsOn(work.account.account, folder, work.holds);
  const rules = {
    policy,
    holds,
    now,
    restored: await work.catalog.restoredUids(
      work.account,
      record.folder,
      record.uidValidity,
      subtract(now, policy.restoredKeep, 'UTC'),
    ),
    quarantined: await work.catalog.quarantinedUids(record),
    notices: await noticeMarks(work.catalog, record, policy),
  };
  const matches = [
    ...work.policies.map((other) => other.match),
    ...holds.flatMap((hold) => hold.match ?? []),
  ];
  const marks = rules.notices.look ? [noticeHeader] : [];
  const headers = [...new Set([...matches.flatMap(headersNeeded), ...marks])];
  const metas = new Map<Uid, MessageMeta>();
  const uids = entries.map((entry) => entry.uid).toSorted((a, b) => a - b);
  for await (const meta of session.fetchMeta(uids, { headers, saveDate: matches.some(needsSaveDate) }))
    metas.set(meta.uid, meta);

  const pairs: Pair[] = [];
  for (const entry of entries) {
    const meta = metas.get(entry.uid);
    const scope = inScope(folder, policy) ? null : 'the policy no longer covers this folder';
    const fault =
      scope ?? (entry.sizeMismatch && !policy.trustBodyOverSize ? 'the server got its size wrong' : null);
    if (meta === undefined) sorter.gone.push(entry.line);
    else if (!sameMessage(entry, meta)) sorter.abandon(entry, anotherMessage);
    else if (fault !== null) sorter.abandon(entry, fault);
    else {
      const decision = decide(meta, rules);
      if (decision.kind === 'kept') sorter.abandon(entry, decision.reason);
      else pairs.push({ entry, meta });
    }
  }
  return pairs;
}

/** EMAILID, or the header block, or the whole body, must be what was archived. */
async function sameBytes(
  session: MailSession,
  { policy }: Due,
  pairs: readonly Pair[],
  sorter: Sorter,
): Promise<readonly Pair[]> {
  const body = policy.recheck === 'body';
  const byId = (pair: Pair): boolean =>
    pair.entry.emailId !== null && pair.entry.emailId === pair.meta.emailId;
  const unsure = body ? [] : pairs.filter((pair) => !byId(pair));
  const heads =
    unsure.length === 0
      ? new Map<Uid, Sha256>()
      : await session.headerDigests(unsure.map(({ entry }) => entry.uid));
  // Servers disagree on where the header of an odd message ends: then the whole body decides.
  const read = body ? pairs : unsure.filter(({ entry }) => heads.get(entry.uid) !== entry.headerSha256);
  const bodies = await bodyDigests(
    session,
    read.map(({ entry }) => ({ uid: entry.uid, size: entry.size })),
  );
  const failed = new Set(read.filter(({ entry }) => bodies.get(entry.uid) !== entry.sha256));
  for (const { entry } of failed) sorter.abandon(entry, anotherMessage);
  return pairs.filter((pair) => !failed.has(pair));
}
