import type { AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import type { Policy } from '../domain/policy.ts';
import { isDue, latestSlot } from '../domain/schedule-due.ts';
import type { Site, SiteEntry } from './site.ts';

/**
 * What is due follows from the schedules and from what the catalog says was done: nothing else is
 * kept, so a crash, a lock or a pause never loses a run, and downtime leaves one to catch up with.
 */
export class DueFinder {
  readonly #site: Site;
  /** Slots found, and up to when was looked; the same for all accounts. */
  readonly #slots = new Map<string, { readonly slot: Date | null; readonly looked: Date }>();

  constructor(site: Site) {
    this.#site = site;
  }

  /** Enforcing policies whose time has come for the account, in the order of the configuration. */
  async policies(account: AccountRef): Promise<readonly Policy[]> {
    const { app, entries } = this.#site;
    const last = await app.catalog.lastRuns(account);
    const now = app.clock.now();
    return entries.flatMap((entry) => {
      if (entry.task.kind !== 'policy') return [];
      const { policy } = entry.task;
      if (!accountMatches(policy.accounts, account.account)) return [];
      return isDue(this.#slot(entry, now), entry.known, last.get(policy.name) ?? null) ? [policy] : [];
    });
  }

  /** Whether a job that is not an account's run is due, last done then. */
  isDue(entry: SiteEntry, last: Date | null): boolean {
    return isDue(this.#slot(entry, this.#site.app.clock.now()), entry.known, last);
  }

  #slot(entry: SiteEntry, now: Date): Date | null {
    const known = this.#slots.get(entry.name);
    const looked = known?.looked ?? entry.known;
    // What was found before stays the latest one when nothing came since.
    const slot = latestSlot(entry.schedule, looked, now) ?? known?.slot ?? null;
    this.#slots.set(entry.name, { slot, looked: now });
    return slot;
  }
}
