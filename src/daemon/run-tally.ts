import type { OnRun, Policy } from '../domain/policy.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import type { Ping } from './ping.ts';

interface Sum {
  onRun: OnRun;
  accounts: number;
  failed: number;
  readonly archived: { messages: number; bytes: number };
  readonly deleted: { messages: number; bytes: number };
}

/** What each policy did to all of its accounts: one ping for all of them. */
export class RunTally {
  readonly #sums = new Map<string, Sum>();

  /** Interrupted runs come back by themselves. */
  add(policies: readonly Pick<Policy, 'name' | 'onRun'>[], report: RunReport): void {
    const onRun = policies.find(({ name }) => name === report.policy)?.onRun ?? null;
    const result = resultOf(report);
    if (onRun === null || result === 'interrupted') return;
    const sum = this.#sums.get(report.policy) ?? fresh(onRun);
    this.#sums.set(report.policy, sum);
    sum.onRun = onRun;
    sum.accounts += 1;
    if (report.errors.length > 0 || report.limits.length > 0) sum.failed += 1;
    for (const what of ['archived', 'deleted'] as const) {
      sum[what].messages += report[what].messages;
      sum[what].bytes += report[what].bytes;
    }
  }

  /** One ping for each policy that ran since the last call. */
  take(at: Date): readonly Ping[] {
    const pings = [...this.#sums].map(([policy, { onRun, ...sum }]) => ({
      onRun,
      result: sum.failed === 0 ? ('success' as const) : ('failure' as const),
      body: { policy, ...sum, at: at.toISOString() },
    }));
    this.#sums.clear();
    return pings;
  }
}

function fresh(onRun: OnRun): Sum {
  const nothing = (): Sum['archived'] => ({ messages: 0, bytes: 0 });
  return { onRun, accounts: 0, failed: 0, archived: nothing(), deleted: nothing() };
}
