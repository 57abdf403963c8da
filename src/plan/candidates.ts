import type { AccountRef } from '../domain/account.ts';
import { batchWindow, matchedSince, type Ready } from '../domain/batch-window.ts';
import { mostPlanned } from '../domain/bounds.ts';
import { bytes, type Uid } from '../domain/brands.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import { type Folder, type FolderSize, sameFolder } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import type { MessageMeta } from '../domain/message.ts';
import { sameLabels } from '../domain/labels.ts';
import { narrow, type SearchTerm } from '../domain/narrow.ts';
import type { FolderPlan, PlannedMessage, Totals } from '../domain/plan.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import type { QuotaView } from '../domain/quota.ts';
import type { Reason } from '../domain/reason.ts';
import { decide, type Selected, type SelectionRules } from '../domain/selection.ts';
import { Shared } from '../domain/shared.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Glimpse, MailReader, AccountSurvey } from '../ports/mail.ts';
import type { DeleteEntry, FolderRef } from '../ports/records.ts';
import { type Connection, lentConnection } from '../work/connection.ts';
import { FolderIsolation } from '../work/isolate-folder.ts';
import { Skips } from '../work/skips.ts';
import { glanceAt } from './glance.ts';
import type { Labels } from './gmail-folders.ts';
import { fetchFor, rulesFor } from './rules.ts';

export interface PlanInput {
  readonly account: AccountRef;
  readonly session: MailReader;
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly holds: readonly Hold[];
  readonly now: Date;
  /** Messages that are listed at most; default: `mostPlanned`. */
  readonly most?: number | undefined;
  /** Default: one that remembers nothing. */
  readonly isolation?: FolderIsolation;
  /** Default: one on `session` alone. */
  readonly connection?: Connection<MailReader>;
  /** What a drain that has begun is bringing down: these continue below the threshold, down to the target. */
  readonly draining?: readonly QuotaView[] | null | undefined;
  /** On Gmail; default: the server has no labels. */
  readonly labels?: Labels;
}

export interface Candidates {
  readonly folders: readonly FolderPlan[];
  readonly problems: readonly FolderProblem[];
}

/**
 * Each folder with everything in it that the policy lets leave, before any drain cuts it short. A
 * folder that the server refuses costs itself alone (SAFETY I8).
 */
export async function candidatesIn(
  input: PlanInput & PlanWays,
  folders: readonly Folder[],
  sizes: AccountSurvey['sizes'],
): Promise<Candidates> {
  const plans: FolderPlan[] = [];
  const problems: FolderProblem[] = [];
  const { connection, isolation } = input;
  const terms = narrow(input.policy.match, { now: input.now, timezone: input.policy.timezone });
  let left = input.most ?? mostPlanned;
  const seen = await glanceAt({ connection, isolation, terms }, folders, sizes);
  for (const folder of folders) {
    const total = sizes.get(folder.path) ?? null;
    const glimpse = seen.get(folder.path) ?? null;
    const problem = await isolation.visit(folder.path, async (session) => {
      const plan = await folderCandidates({ ...input, session, most: left }, folder, {
        total,
        glimpse,
        terms,
      });
      left -= plan.messages.length;
      plans.push(plan);
    });
    if (problem !== null) problems.push(problem);
  }
  return { folders: plans, problems };
}

/** How a plan reaches the server. */
export interface PlanWays {
  readonly connection: Connection<MailReader>;
  readonly isolation: FolderIsolation;
}

/** Those given; by default a connection that can't be renewed, and an isolation that remembers nothing. */
export function waysOf({ account, catalog, session, now, ...given }: PlanInput): PlanWays {
  const connection = given.connection ?? lentConnection(session);
  const clock = { now: () => now };
  const isolation =
    given.isolation ??
    new FolderIsolation({ account, catalog, connection, clock, remembers: false, waits: false });
  return { connection, isolation };
}

/** What is known of a folder before it is looked into. */
interface Foreknown {
  readonly total: FolderSize | null;
  readonly glimpse: Glimpse | null;
  readonly terms: readonly SearchTerm[];
}

/** SEARCH narrows on the server, FETCH describes the hits, and the policy decides here (SAFETY step 2). */
async function folderCandidates(input: PlanInput, folder: Folder, known: Foreknown): Promise<FolderPlan> {
  const { account, session, catalog, policy } = input;
  const { glimpse, terms } = known;
  const total = known.total ?? (await session.size(folder.path));
  const nothing = { folder, total, messages: [], kept: [] };
  if (glimpse !== null && glimpse.uids.length === 0) return { ...nothing, state: glimpse.state };
  const state = await session.examine(folder.path);
  const ref = { ...account, folder: folder.path, uidValidity: state.uidValidity, mailboxId: state.mailboxId };
  const rules = await rulesFor(input, policy, folder, ref);
  // SEARCH only narrows, so its answer of a moment ago does, if it was of this folder.
  const same = glimpse !== null && sameFolder(glimpse.state, state);
  const hits = state.messages === 0 ? [] : same ? glimpse.uids : await session.search(terms);
  const judge = new Judge(rules, await knownOf(catalog, policy, ref, hits), input.most ?? mostPlanned);
  for await (const meta of session.fetchMeta(hits, { ...fetchFor([policy.match], rules), complete: true }))
    judge.look(meta);
  return { folder, state, total, ...judge.verdict() };
}

/** What the catalog knows of messages of one folder under one policy. */
interface Known {
  readonly copies: ReadonlyMap<Uid, readonly DeleteEntry[]>;
  readonly trashed: ReadonlySet<Uid>;
}

async function knownOf(
  catalog: Catalog,
  policy: Policy,
  ref: FolderRef,
  hits: readonly Uid[],
): Promise<Known> {
  const trashed = await catalog.trashedUids(policy.name, ref, ref.folder, ref.uidValidity);
  const copies = await catalog.copiesOf(policy.name, policy.archive.to, ref, hits);
  return { trashed, copies: Map.groupBy(copies, ({ uid }) => uid) };
}

/** Decides message by message, and counts what stays, and what is selected beyond those that are listed. */
class Judge {
  readonly #rules: SelectionRules;
  readonly #known: Known;
  readonly #messages: PlannedMessage[] = [];
  readonly #ready: Ready[] = [];
  readonly #kept = new Skips();
  readonly #reasons = new Shared<string>();

  readonly #most: number;
  #beyond: Totals = { messages: 0, bytes: bytes(0) };

  constructor(rules: SelectionRules, known: Known, most: number) {
    this.#rules = rules;
    this.#known = known;
    this.#most = most;
  }

  look(meta: MessageMeta): void {
    const decision = decide(meta, this.#rules);
    if (decision.kind === 'selected') this.#selected(decision, meta);
    // What does not match is most of a mailbox, and nothing to report.
    else if (decision.reason.code !== 'no-match') this.#kept.add(decision.reason, 1);
  }

  #selected(decision: Selected, meta: MessageMeta): void {
    const { policy, now } = this.#rules;
    // The newest; under other labels it is no copy, as in another folder.
    const fits = (entry: DeleteEntry): boolean =>
      sameMessage(entry, meta) && sameLabels(entry.labels, meta.labels);
    const copy = this.#known.copies.get(meta.uid)?.findLast(fits) ?? null;
    const stays = this.#stays(meta.uid, copy);
    if (stays !== null) return this.#kept.add(stays, 1);
    if (this.#messages.length >= this.#most) {
      const { messages, bytes: size } = this.#beyond;
      this.#beyond = { messages: messages + 1, bytes: bytes(size + decision.size) };
      return;
    }
    const { reason: words, kind: _kind, ...message } = decision;
    const reason = this.#reasons.of(words, words);
    this.#messages.push({ ...message, reason, archived: copy !== null });
    if (copy !== null || policy.archive.gather === undefined) return;
    const since = matchedSince(policy.match, meta, { now, timezone: policy.timezone });
    this.#ready.push({ size: message.size, since });
  }

  #stays(uid: Uid, copy: DeleteEntry | null): Reason | null {
    if (this.#known.trashed.has(uid)) return { code: 'trashed' };
    if (copy?.state === 'pending' || copy?.state === 'deleting') return { code: 'in-grace' };
    if (copy === null) return null;
    const { policy } = this.#rules;
    if (policy.delete === null) return { code: 'archived' };
    // The recheck would only keep it, in each run again.
    return copy.sizeMismatch && !policy.trustBodyOverSize ? { code: 'size-wrong' } : null;
  }

  verdict(): Pick<FolderPlan, 'messages' | 'kept' | 'beyond'> {
    // Mail with a verified copy makes no archive: only its delete half follows, and has nothing to wait for.
    const wait = batchWindow(this.#rules.policy, this.#ready, this.#rules.now);
    if (wait !== null) this.#kept.add(wait, this.#ready.length);
    const leaving = wait === null ? this.#messages : this.#messages.filter(({ archived }) => archived);
    // By UID: servers answer so, and the archive keeps the order.
    const messages = leaving.toSorted((a, b) => a.uid - b.uid);
    return {
      messages,
      kept: this.#kept.list(),
      ...(this.#beyond.messages === 0 ? {} : { beyond: this.#beyond }),
    };
  }
}
