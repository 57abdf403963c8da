import type { AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import { policyFor } from '../domain/override.ts';
import type { Policy } from '../domain/policy.ts';
import { isDue, latestSlot } from '../domain/schedule-due.ts';
import type { ActiveConfig, ScheduledTask } from './active-config.ts';

/**
 * What is due follows from the schedules and from what the catalog has recorded as done. Nothing else
 * is stored, so a crash, a lock or a pause never loses a run, and downtime leaves one to catch up with.
 */
export class DueFinder {
  readonly #active: ActiveConfig;
  /** The latest slots, and when they were looked up; the same for all accounts. */
  readonly #slots = new Map<string, { readonly slot: Date | null; readonly looked: Date }>();

  constructor(active: ActiveConfig) {
    this.#active = active;
  }

  /** Enforcing policies that are due for the account, in the order of the configuration. */
  async policies(account: AccountRef): Promise<readonly Policy[]> {
    const { app, entries } = this.#active;
    const now = app.clock.now();
    const covering = entries.filter(
      ({ task }) => task.kind === 'policy' && accountMatches(task.policy.accounts, account.account),
    );
    if (covering.length === 0) return [];
    const last = await app.catalog.lastRuns(account);
    return covering.flatMap((entry) => {
      if (entry.task.kind !== 'policy') return [];
      const { policy } = entry.task;
      return isDue(this.#slot(entry, now), entry.known, last.get(policy.name) ?? null)
        ? [policyFor(policy, account.account)]
        : [];
    });
  }

  /** Whether a job that is not an account's run is due; `last` is when it was last done. */
  isDue(entry: ScheduledTask, last: Date | null): boolean {
    return isDue(this.#slot(entry, this.#active.app.clock.now()), entry.known, last);
  }

  #slot(entry: ScheduledTask, now: Date): Date | null {
    const known = this.#slots.get(entry.name);
    const looked = known?.looked ?? entry.known;
    // The previous slot is still the latest one if none came since.
    const slot = latestSlot(entry.schedule, looked, now) ?? known?.slot ?? null;
    this.#slots.set(entry.name, { slot, looked: now });
    return slot;
  }
}
