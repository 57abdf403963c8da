import { accountKey } from '../domain/account.ts';
import { count } from '../domain/count.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { RunRecord } from '../ports/records.ts';
import type { ActiveJob } from './daemon-state.ts';

/** How the latest run of a policy ended, on how many accounts. */
export interface PolicyResults {
  readonly ok: number;
  /** Some of it was left undone. */
  readonly partial: number;
  readonly failed: number;
  /** A safety limit stopped it. */
  readonly limit: number;
  readonly interrupted: number;
  readonly running: number;
}

/** The worst of them, `running` where nothing is worse; null: it has never run. */
export function worstOf(results: PolicyResults): RunResult | 'running' | null {
  for (const one of ['failed', 'limit', 'partial', 'interrupted', 'running'] as const)
    if (results[one] > 0) return one;
  return results.ok > 0 ? 'success' : null;
}

/**
 * Counts the latest runs of a policy, one of each account. One without an end is running as long as a
 * daemon is at it; else it was broken off, or another process runs it.
 */
export function policyResults(latest: readonly RunRecord[], jobs: readonly ActiveJob[]): PolicyResults {
  const active = new Set(
    jobs.flatMap(({ kind, server, account }) =>
      kind === 'run' && server !== null && account !== null ? [accountKey({ server, account })] : [],
    ),
  );
  const counts = { ok: 0, partial: 0, failed: 0, limit: 0, interrupted: 0, running: 0 };
  for (const run of latest) {
    if (run.finished === null) counts[active.has(accountKey(run)) ? 'running' : 'interrupted'] += 1;
    else counts[run.result === 'success' || run.result === null ? 'ok' : run.result] += 1;
  }
  return counts;
}

/** `200 ok, 1 failed, 0 running`; empty for a policy that has never run. */
export function resultsText(results: PolicyResults): string {
  const { ok, partial, failed, limit, interrupted, running } = results;
  const total = ok + partial + failed + limit + interrupted + running;
  if (total === 0) return '';
  return [
    `${count(ok)} ok`,
    `${count(failed)} failed`,
    ...(limit > 0 ? [`${count(limit)} over a limit`] : []),
    ...(partial > 0 ? [`${count(partial)} partial`] : []),
    ...(interrupted > 0 ? [`${count(interrupted)} interrupted`] : []),
    `${count(running)} running`,
  ].join(', ');
}

/** The first thing that a report says went wrong; null: it says nothing. */
export function reasonOf({ report }: Pick<RunRecord, 'report'>): string | null {
  if (report === null) return null;
  const parsed: unknown = JSON.parse(report);
  if (typeof parsed !== 'object' || parsed === null || !('errors' in parsed)) return null;
  const { errors } = parsed;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first !== 'object' || first === null || !('message' in first)) return null;
  return typeof first.message === 'string' ? first.message : null;
}
