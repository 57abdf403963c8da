import { accountKey } from '../domain/account.ts';
import { dayMs } from '../domain/dates.ts';
import { planJob, plannedPolicies } from './plan-job.ts';
import { ScanRound } from './scan-job.ts';
import { noServer, type RoundParts } from './scans.ts';

/** Plans that were not tried for this long are of policies and accounts that are gone. */
const keptMs = 7 * dayMs;

/** The nightly round in which all policies in plan mode are planned. */
export class Plans {
  readonly #parts: RoundParts;

  constructor(parts: RoundParts) {
    this.#parts = parts;
  }

  /** Adds a job for each account that a policy in plan mode covers. */
  round(): void {
    const { accounts, policies } = this.#parts.context().active.config;
    const covered = accounts.filter((ref) => plannedPolicies(policies, ref).length > 0);
    const round = new ScanRound(covered.map(accountKey), () => this.#done());
    if (covered.length === 0) this.#done();
    for (const { server, account } of covered) {
      const ref = { server, account };
      const key = accountKey(ref);
      this.#parts.add(`plan ${key}`, server, async (context) => {
        if (context.active.has(ref)) await planJob(context, ref);
        // What a stop left out is done again by the next start.
        if (!context.active.app.signal.aborted) round.done(key, false);
      });
    }
  }

  #done(): void {
    this.#parts.add('planned', noServer, async ({ active: { app } }) => {
      const now = app.clock.now();
      await app.catalog.forgetPlans(new Date(now.getTime() - keptMs));
      await app.catalog.setDone('plan', now);
    });
  }
}
