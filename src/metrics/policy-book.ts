import { accountKey, type AccountRef } from '../domain/account.ts';
import { longestGap } from '../domain/cron.ts';
import { accountMatches } from '../domain/glob.ts';
import type { Policy } from '../domain/policy.ts';
import type { RunOutcome, RunTotals } from '../ports/history.ts';
import { runResults } from '../domain/run-result.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import type { DeclaredMetrics } from './registry.ts';

const limits = ['maxMessages', 'maxBytes', 'maxPercent'] as const;

/** A configured policy, and since when it is as it is; null: that can't be read. */
export interface PolicyEntry {
  readonly policy: Pick<Policy, 'name' | 'mode' | 'schedule' | 'accounts' | 'archive'>;
  readonly created: Date | null;
}

interface PolicyState {
  accounts: Policy['accounts'];
  mode: Policy['mode'];
  /** Labels of its `policy_info`. */
  info: { readonly policy: string; readonly mode: string; readonly store: string };
  /** True after the first run on any account. */
  ran: boolean;
  lastSuccess: Date;
  /** Accounts on which the last run failed; usually few. */
  readonly failing: Map<string, AccountRef>;
  /** Accounts on which a limit stopped the last run, by limit. */
  readonly limited: ReadonlyMap<string, Map<string, AccountRef>>;
}

const never = new Date(0);

/** The results of each policy's runs, over all accounts. */
export class PolicyBook {
  readonly #metrics: DeclaredMetrics;
  readonly #states = new Map<string, PolicyState>();
  #known: ReadonlySet<string> = new Set();

  constructor(metrics: DeclaredMetrics) {
    this.#metrics = metrics;
  }

  /**
   * Takes the policies and accounts of a configuration. Counters begin at 0; removed policies go, and
   * an account that a policy no longer covers no longer counts as failing.
   */
  configure(policies: readonly PolicyEntry[], accounts: readonly AccountRef[]): void {
    this.#known = new Set(accounts.map(accountKey));
    const names = new Set(policies.map(({ policy }) => policy.name));
    for (const gone of [...this.#states.keys()].filter((name) => !names.has(name))) {
      this.#states.delete(gone);
      this.#metrics.forget('policy', gone);
    }
    for (const { policy, created } of policies) {
      const labels = { policy: policy.name };
      const state = this.#states.get(policy.name) ?? this.#begin(policy);
      this.#describe(state, policy);
      for (const set of [state.failing, ...state.limited.values()]) {
        for (const [key, ref] of set) if (!this.#covers(state, ref)) set.delete(key);
      }
      if (state.ran) this.#show(policy.name, state);
      if (created !== null) this.#metrics.set('policy_created_timestamp_seconds', labels, seconds(created));
      // A policy in plan mode is never run by its schedule.
      const interval =
        policy.schedule === null || policy.mode === 'plan' ? null : longestGap(policy.schedule);
      if (interval === null) this.#metrics.drop('policy_expected_interval_seconds', labels);
      else this.#metrics.set('policy_expected_interval_seconds', labels, interval);
    }
  }

  /** The end of a run of an earlier process. What was enforced says nothing of a policy in plan mode. */
  restore(run: RunOutcome): void {
    if (this.#states.get(run.policy)?.mode === 'enforce') this.remember(run);
  }

  names(): Iterable<string> {
    return this.#states.keys();
  }

  /** How long a run took whose end the catalog has reported already. */
  took(policy: string, duration: number): void {
    if (this.#states.has(policy)) this.#metrics.observe('policy_run_duration_seconds', { policy }, duration);
  }

  record(report: RunReport, took: number | null, at: Date): void {
    const { policy, server, account } = report;
    if (!this.#states.has(policy)) return;
    const result = resultOf(report);
    if (took !== null) this.took(policy, took);
    this.count({ ...report, result, runs: 1 });
    if (result === 'interrupted') return;
    const failed = report.errors.length > 0;
    const stopped = report.limits.map(({ limit }) => limit);
    const succeeded = failed || stopped.length > 0 ? null : at;
    this.remember({ policy, server, account, failed, limits: stopped, succeeded });
  }

  /** Adds to the counters. A policy that is not configured is skipped. */
  count({ policy, result, runs, archived, deleted }: RunTotals): void {
    if (!this.#states.has(policy)) return;
    this.#metrics.add('policy_runs_total', { policy, result }, runs);
    this.#metrics.add('archived_messages_total', { policy }, archived.messages);
    this.#metrics.add('archived_bytes_total', { policy }, archived.bytes);
    this.#metrics.add('deleted_messages_total', { policy }, deleted.messages);
    this.#metrics.add('deleted_bytes_total', { policy }, deleted.bytes);
  }

  /** Puts the end of a run into the gauges; what is not configured is skipped. */
  remember(run: RunOutcome): void {
    const state = this.#states.get(run.policy);
    if (state === undefined || !this.#covers(state, run)) return;
    state.ran = true;
    keep(state.failing, run, run.failed);
    for (const [limit, accounts] of state.limited) keep(accounts, run, run.limits.includes(limit));
    if (run.succeeded !== null && run.succeeded > state.lastSuccess) state.lastSuccess = run.succeeded;
    this.#show(run.policy, state);
  }

  /** In plan mode the results of earlier runs are forgotten: no run would ever replace them. */
  #describe(state: PolicyState, { name: policy, accounts, mode, archive }: PolicyEntry['policy']): void {
    state.accounts = accounts;
    state.mode = mode;
    const info = { policy, mode, store: archive.to };
    this.#metrics.drop('policy_info', state.info);
    state.info = info;
    this.#metrics.set('policy_info', info, 1);
    if (mode === 'enforce') {
      if (!state.ran) this.#noLimits(policy);
      return;
    }
    state.ran = false;
    for (const set of [state.failing, ...state.limited.values()]) set.clear();
    this.#metrics.drop('policy_last_run_success', { policy });
    for (const limit of limits) this.#metrics.drop('policy_limit_exceeded', { policy, limit });
  }

  #noLimits(policy: string): void {
    for (const limit of limits) this.#metrics.set('policy_limit_exceeded', { policy, limit }, 0);
  }

  #show(policy: string, { failing, limited, lastSuccess }: PolicyState): void {
    for (const limit of limits) {
      const exceeded = (limited.get(limit)?.size ?? 0) > 0;
      this.#metrics.set('policy_limit_exceeded', { policy, limit }, exceeded ? 1 : 0);
    }
    const good = failing.size === 0 && [...limited.values()].every((accounts) => accounts.size === 0);
    this.#metrics.set('policy_last_run_success', { policy }, good ? 1 : 0);
    if (lastSuccess > never)
      this.#metrics.set('policy_last_success_timestamp_seconds', { policy }, seconds(lastSuccess));
  }

  #covers({ accounts }: PolicyState, ref: AccountRef): boolean {
    return this.#known.has(accountKey(ref)) && accountMatches(accounts, ref.account);
  }

  #begin({ name: policy, accounts, mode, archive }: PolicyEntry['policy']): PolicyState {
    const limited = new Map(limits.map((limit) => [limit, new Map<string, AccountRef>()]));
    const state = {
      accounts,
      mode,
      info: { policy, mode, store: archive.to },
      ran: false,
      lastSuccess: never,
      failing: new Map<string, AccountRef>(),
      limited,
    };
    this.#states.set(policy, state);
    const nothing = { messages: 0, bytes: 0 };
    for (const result of runResults)
      this.count({ policy, result, runs: 0, archived: nothing, deleted: nothing });
    this.#metrics.set('pending_delete_messages', { policy }, 0);
    this.#metrics.begin('policy_run_duration_seconds', { policy });
    return state;
  }
}

function keep(accounts: Map<string, AccountRef>, { server, account }: AccountRef, member: boolean): void {
  const ref = { server, account };
  if (member) accounts.set(accountKey(ref), ref);
  else accounts.delete(accountKey(ref));
}

function seconds(at: Date): number {
  return at.getTime() / 1000;
}
