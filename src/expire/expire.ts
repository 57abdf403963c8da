/**
 * `expire/`: removes archives, and is the only room that does (SAFETY I5). `plan.ts` decides what is
 * removed, with reasons, and only reads; `expire.ts` then acts, archive by archive, each under the
 * lock of its account. `examine.ts` looks up what a verdict needs, `files.ts` and `orphans.ts` sort
 * the files of a store, `remove.ts` holds the order of removal, and `erase.ts` removes one whole
 * account. Nothing here reaches a mail server.
 * May import `read`, `preflight`, `work` and what is below the rooms; never `archive` or `purge`.
 */
import type { AccountRef } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import type { ExpiryLimitExceeded } from '../domain/expiry.ts';
import { errorMessage } from '../errors.ts';
import type { Lock, Locks } from '../ports/locks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { requirePlausibleClock, requireStoreClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { isCatchable } from '../work/isolate.ts';
import { lockedError } from '../work/locked-work.ts';
import type { RunFailure } from '../work/report.ts';
import { notRemoved } from './files.ts';
import { type Orphan, orphanAgeMs, removeOrphan } from './orphans.ts';
import {
  type ExpiryChoice,
  type ExpiryPlan,
  type ExpiryVerdict,
  type ExpiryView,
  judge,
  planExpiry,
  prefixesOf,
} from './plan.ts';
import { type RemovalWork, removeArchive, removeFiles } from './remove.ts';

/**
 * What `expire` works with. `store` may be built with credentials of its own (SAFETY I5): nothing
 * else in Mothball needs the right to remove objects.
 */
export interface ExpireWork extends Omit<ExpiryView, 'now'> {
  readonly locks: Locks;
  readonly clock: Clock;
  /** Every account of mothball.yaml. */
  readonly accounts: readonly AccountRef[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Who removes, for the audit. */
  readonly who: string;
}

export interface ExpireOptions extends ExpiryChoice {
  readonly liftLimits: boolean;
}

/** What became of one store. */
export interface ExpireReport {
  readonly store: string;
  readonly removed: readonly ExpiryVerdict[];
  readonly kept: readonly ExpiryVerdict[];
  /** Archives whose removal an earlier expire had begun. */
  readonly finished: readonly ArchiveRecord[];
  readonly orphans: readonly Orphan[];
  /** Unfinished files that a crash left; removed with `orphans`. */
  readonly leftovers: readonly string[];
  readonly limits: readonly ExpiryLimitExceeded[];
  readonly errors: readonly RunFailure[];
}

/**
 * Removes the archives of one store whose time is over, and with `orphans` what belongs to no
 * archive. Asks for no confirmation: the command and the schedule both call it. Over a limit nothing
 * is removed at all. Null: another process has locked the store.
 * @throws `refused` when the clock is implausible or differs from the store's, `store` or `database`
 * when the store is not the one that the catalog knows.
 */
export async function expireStore(work: ExpireWork, options: ExpireOptions): Promise<ExpireReport | null> {
  const { clock, locks, store } = work;
  await requirePlausibleClock(work, notRemoved);
  await using lock = await locks.store(store.name);
  if (lock === null) return null;
  await work.gate.requireOurs(store);
  const view = { ...work, now: clock.now() };
  const plan = await planExpiry(view, options);
  const expiry = new StoreExpiry(work, view, { options, lock });
  // Limits hold for the whole plan, before the first effect.
  if (plan.limits.length > 0 && !options.liftLimits) return expiry.report(plan, plan.limits);
  work.progress.begin(`expiring in ${store.name}`, { messages: plan.expire.length, bytes: 0 }, 'archives');
  try {
    await expiry.finish(plan);
    await expiry.expire(plan);
    if (options.orphans) await expiry.removeOrphans(plan);
  } finally {
    work.progress.end();
  }
  return expiry.report(plan, []);
}

class StoreExpiry {
  readonly #work: ExpireWork;
  readonly #view: ExpiryView;
  readonly #options: ExpireOptions;
  /** Of the store. */
  readonly #lock: Lock;
  readonly #removed: ExpiryVerdict[] = [];
  readonly #keptAfterAll: ExpiryVerdict[] = [];
  readonly #finished: ArchiveRecord[] = [];
  readonly #orphans = new Map<string, Orphan>();
  readonly #errors: RunFailure[] = [];

  constructor(
    work: ExpireWork,
    view: ExpiryView,
    { options, lock }: { readonly options: ExpireOptions; readonly lock: Lock },
  ) {
    this.#work = work;
    this.#view = view;
    this.#options = options;
    this.#lock = lock;
  }

  /** First what an earlier expire began: its archives are expired already, for good. */
  async finish({ unfinished }: ExpiryPlan): Promise<void> {
    for (const { record, files } of unfinished) {
      await this.#locked(record, async (removal) => {
        if ((await removal.catalog.archive(record.id))?.state !== 'expired') return;
        await removeFiles(removal, record, files);
        this.#finished.push(record);
      });
    }
  }

  async expire({ expire }: ExpiryPlan): Promise<void> {
    for (const { record } of expire) {
      await this.#locked(record, async (removal) => {
        const fresh = await removal.catalog.archive(record.id);
        if (fresh === null) return;
        // Judged again: a run may have worked on the account between the plan and the lock.
        const { decision, files } = await judge(this.#view, this.#options, fresh);
        if (decision.kind === 'keep' || files === null) {
          this.#keptAfterAll.push({ record: fresh, reason: decision.reason });
          return;
        }
        const { catalog } = removal;
        await audit({ ...this.#work, catalog }, 'expire', fresh, decision.reason);
        await removeArchive(removal, fresh, files, decision.reason);
        this.#removed.push({ record: fresh, reason: decision.reason });
      });
      this.#work.progress.advance(1, 0);
    }
  }

  async removeOrphans({ orphans }: ExpiryPlan): Promise<void> {
    const { catalog, accounts, store } = this.#work;
    const known = [...accounts, ...(await catalog.archives({ store: store.name }))];
    for (const orphan of orphans.filter(({ reason }) => reason === null)) {
      await this.#isolated(async () => {
        const removal = { ...this.#work, accounts: known, lock: this.#lock };
        this.#orphans.set(orphan.key, await removeOrphan(removal, orphan));
      });
    }
    const before = new Date(this.#view.now.getTime() - orphanAgeMs);
    for (const prefix of prefixesOf(this.#options))
      await this.#isolated(async () => {
        await this.#lock.prove();
        await store.leftovers(prefix, before, true);
      });
  }

  report(plan: ExpiryPlan, limits: readonly ExpiryLimitExceeded[]): ExpireReport {
    return {
      store: plan.store,
      removed: this.#removed,
      kept: [...plan.keep, ...this.#keptAfterAll],
      finished: this.#finished,
      orphans: plan.orphans.map((orphan) => this.#orphans.get(orphan.key) ?? orphan),
      leftovers: plan.leftovers,
      limits,
      errors: [...plan.errors, ...this.#errors],
    };
  }

  /** Under the lock of the archive's account (SAFETY I6): no run archives, restores or purges there meanwhile. */
  async #locked(record: ArchiveRecord, step: (removal: RemovalWork) => Promise<void>): Promise<void> {
    await this.#isolated(async () => {
      const { server, account } = record;
      await using lock = await this.#work.locks.account({ server, account });
      if (lock === null)
        throw lockedError({ server, account }, `its archive ${shortId(record.id)} was not removed`);
      // A volume may disappear in mid-run, and an empty mount point must not pass for the store.
      await this.#work.gate.requireOurs(this.#work.store);
      requireStoreClock(this.#work.store, notRemoved);
      // Whoever takes one of the locks over finds nothing recorded or removed from then on.
      const permit = lock.with([this.#lock]);
      await permit.prove();
      const { store, catalog } = this.#work;
      await step({ store, catalog: permit.fenced ?? catalog, permit });
    });
  }

  /** A failure in one archive is reported and does not stop the others. */
  async #isolated(step: () => Promise<void>): Promise<void> {
    this.#work.signal.throwIfAborted();
    await requireNotPaused(this.#work.catalog);
    try {
      await step();
    } catch (error) {
      if (!isCatchable(error)) throw error;
      this.#errors.push({ code: error.code, message: errorMessage(error) });
    }
  }
}

/** Written before the archive is touched, so that the audit names everything that was removed. */
export async function audit(
  { catalog, clock, who }: Pick<ExpireWork, 'catalog' | 'clock' | 'who'>,
  action: 'expire' | 'erase',
  record: ArchiveRecord,
  reason: string,
): Promise<void> {
  const { id, store, folder, messages } = record;
  const detail = `archive ${id} in store ${store}, ${messages} messages of "${folder}": ${reason}`;
  await catalog.addAudit({ at: clock.now(), who, action, account: record.account, detail });
}
