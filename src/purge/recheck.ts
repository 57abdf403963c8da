import type { Uid } from '../domain/brands.ts';
import { type Folder, type FolderState, sameFolder } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import { sameLabels } from '../domain/labels.ts';
import type { MessageMeta } from '../domain/message.ts';
import { encodeReason, type Reason } from '../domain/reason.ts';
import { decide } from '../domain/selection.ts';
import type { Labels } from '../plan/gmail-folders.ts';
import { fetchFor, inScope, rulesFor } from '../plan/rules.ts';
import type { MailSession } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Due, PurgeRun, Target } from './due.ts';
import { type Pair, usageBeforeAndNow, withoutCopy } from './other-policies.ts';
import { unlikeOf } from './same-bytes.ts';

/** Archived messages that stay for one reason. */
export interface Stay {
  readonly reason: Reason;
  readonly entries: readonly DeleteEntry[];
}

export interface Rechecked {
  /** As SELECT answered just now; its HIGHESTMODSEQ is the one that STORE is conditioned on. Null: nothing may go. */
  readonly folder: FolderState | null;
  /** May be deleted, by UID. */
  readonly targets: readonly Target[];
  /** Their message is not there any more, under the same folder identity. */
  readonly gone: readonly DeleteEntry[];
  /** Kept for good, until the policy selects them again. */
  readonly abandoned: readonly Stay[];
  /** Stay pending: another policy still wants its copy. */
  readonly waiting: readonly Stay[];
}

/** SAFETY step 9, all but the archive itself: the folder, each message, and today's rules. */
export async function recheck({ work, usageBefore }: PurgeRun, due: Due): Promise<Rechecked> {
  const { record, entries } = due;
  const session = await work.connection.session();
  const folders = await session.folders();
  const labels = session.capabilities.gmail ? { folders } : null;
  const folder = folders.find((candidate) => candidate.path === record.folder);
  if (folder === undefined) return voided(entries, { code: 'folder-gone' });
  const usage = await usageBeforeAndNow(work, session, usageBefore);
  const state = await session.select(record.folder);
  if (!sameFolder(state, record)) return voided(entries, { code: 'another-folder' });

  const sorter = new Sorter();
  const survivors = await readAgain(work, due, { folder, labels }, sorter);
  const identified = await sameBytes(session, due, survivors, sorter);
  const missing = await withoutCopy({ work, due, folder, labels, usage }, identified);
  for (const [{ entry }, other] of missing) sorter.wait(entry, { code: 'copy-missing', detail: other });
  const copied = identified.filter((pair) => !missing.has(pair));
  const targets = copied.map(({ entry, flags }) => ({ entry, flags }));
  return {
    folder: state,
    targets: targets.toSorted((a, b) => a.entry.uid - b.entry.uid),
    ...sorter.result(),
  };
}

/** Puts lines that fail a check under their reason. */
class Sorter {
  readonly gone: DeleteEntry[] = [];
  readonly #abandoned = new Map<string, Growing>();
  readonly #waiting = new Map<string, Growing>();

  abandon(entry: DeleteEntry, reason: Reason): void {
    add(this.#abandoned, reason, entry);
  }

  wait(entry: DeleteEntry, reason: Reason): void {
    add(this.#waiting, reason, entry);
  }

  result(): Pick<Rechecked, 'gone' | 'abandoned' | 'waiting'> {
    return {
      gone: this.gone,
      abandoned: [...this.#abandoned.values()],
      waiting: [...this.#waiting.values()],
    };
  }
}

interface Growing extends Stay {
  readonly entries: DeleteEntry[];
}

function add(stays: Map<string, Growing>, reason: Reason, entry: DeleteEntry): void {
  const key = encodeReason(reason);
  const stay = stays.get(key);
  if (stay === undefined) stays.set(key, { reason, entries: [entry] });
  else stay.entries.push(entry);
}

function voided(entries: readonly DeleteEntry[], reason: Reason): Rechecked {
  return { folder: null, targets: [], gone: [], abandoned: [{ reason, entries }], waiting: [] };
}

/** Metadata as it is now, and the policy and holds of today on it. */
async function readAgain(
  work: LockedWork,
  { record, entries, policy }: Due,
  { folder, labels }: { readonly folder: Folder; readonly labels: Labels },
  sorter: Sorter,
): Promise<readonly Pair[]> {
  const { account, catalog } = work;
  const { holds, policies } = work.rules;
  const session = await work.connection.session();
  const rules = await rulesFor(
    { account, catalog, holds, now: work.clock.now(), labels },
    policy,
    folder,
    record,
  );
  // Other policies decide too whether they want a copy, so their headers are asked for as well.
  const wanted = fetchFor(
    policies.map((other) => other.match),
    rules,
  );
  const metas = new Map<Uid, MessageMeta>();
  const uids = entries.map((entry) => entry.uid).toSorted((a, b) => a - b);
  // What an OK leaves out is asked for once more before it counts as gone.
  for await (const meta of session.fetchMeta(uids, { ...wanted, complete: true })) metas.set(meta.uid, meta);

  const covered = inScope(folder, policy, labels !== null);
  const pairs: Pair[] = [];
  for (const entry of entries) {
    const meta = metas.get(entry.uid);
    if (meta === undefined) sorter.gone.push(entry);
    // The server may do better next time: it stays pending.
    else if (meta.flags === null) sorter.wait(entry, { code: 'flags-unknown' });
    else if (meta.labels === null) sorter.wait(entry, { code: 'labels-unknown' });
    else if (!sameMessage(entry, meta)) sorter.abandon(entry, { code: 'another-message' });
    else if (!sameLabels(entry.labels, meta.labels)) sorter.abandon(entry, { code: 'labels-changed' });
    else if (!covered) sorter.abandon(entry, { code: 'folder-not-covered' });
    else if (entry.sizeMismatch && !policy.trustBodyOverSize) sorter.abandon(entry, { code: 'size-wrong' });
    else {
      const decision = decide(meta, rules);
      if (decision.kind === 'kept') sorter.abandon(entry, decision.reason);
      else pairs.push({ entry, meta, flags: decision.flags });
    }
  }
  return pairs;
}

/** EMAILID, or the header block, or the whole body, must be what was archived. */
async function sameBytes(
  session: MailSession,
  { record, policy }: Due,
  pairs: readonly Pair[],
  sorter: Sorter,
): Promise<readonly Pair[]> {
  // What was only found proves nothing of this mail (I9): all of it is read and compared.
  const found = record.origin !== 'sealed';
  const body = found || policy.recheck === 'body';
  const { pairs: failed } = await unlikeOf(session, pairs, body);
  const reason = { code: found ? 'copy-differs' : 'another-message' } as const;
  for (const { entry } of failed) sorter.abandon(entry, reason);
  return pairs.filter((pair) => !failed.has(pair));
}
