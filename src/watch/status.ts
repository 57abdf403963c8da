/**
 * `watch/`: questions about the state of everything, answered from the catalog without a login:
 * `status.ts` what is running, next and held up, `fleet.ts` how full all accounts are,
 * `account-forecast.ts` when one will be full, `timetable.ts` the schedules, `daemon-state.ts` what a
 * daemon reports about itself. It only reads.
 * May import `preflight` and what is below the rooms.
 */
import { accountKey, type AccountRef } from '../domain/account.ts';
import type { Policy } from '../domain/policy.ts';
import { fullestPercent } from '../domain/quota-band.ts';
import { errorMessage } from '../errors.ts';
import type { AccountPause } from '../ports/account-pauses.ts';
import type { PolicySummary } from '../ports/browse.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunRecord } from '../ports/records.ts';
import type { MakeSchedule } from '../ports/schedule.ts';
import type { DaemonRecord, Pause } from '../ports/watch.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { accountForecast, forecastWindowMs, rootsOf } from './account-forecast.ts';
import { type DaemonState, parseDaemonState } from './daemon-state.ts';
import { type PendingPurge, pendingPurges } from './pending.ts';
import { type PolicyResults, policyResults, reasonOf } from './policy-results.ts';
import { type Scheduled, timetable } from './timetable.ts';

/** A daemon that has been silent for longer than this is gone, in milliseconds. */
const silentMs = 30_000;
/** How many accounts are shown. */
const fullest = 5;

/** What `status` needs. It only reads. */
export interface Overview {
  readonly config: Scheduled & { readonly accounts: readonly AccountRef[] };
  readonly catalog: Catalog;
  readonly stores: ReadonlyMap<string, unknown>;
  readonly gate: StoreGate;
  readonly schedule: MakeSchedule;
  readonly clock: Clock;
  /** The stores that the daemon knows to be disabled, so that no request waits for one; left out: each is asked. */
  readonly disabledStores?: () => Status['held']['stores'];
}

export interface PolicyStatus {
  readonly policy: string;
  readonly mode: Policy['mode'];
  readonly schedule: string | null;
  readonly next: Date | null;
  /** The latest run on any account. */
  readonly last: RunRecord | null;
  /** How the latest run on each of its accounts ended. */
  readonly results: PolicyResults;
}

export interface AccountFullness extends AccountRef {
  readonly percent: number;
  readonly at: Date;
  readonly fullAt: Date | null;
}

export interface Status {
  readonly at: Date;
  readonly daemons: readonly (Omit<DaemonRecord, 'state'> & { readonly state: DaemonState })[];
  readonly pause: Pause | null;
  /** The newest runs of a policy on an account that have no recorded end. */
  readonly running: readonly RunRecord[];
  readonly policies: readonly PolicyStatus[];
  readonly jobs: readonly { readonly job: string; readonly schedule: string; readonly next: Date | null }[];
  readonly held: {
    readonly postponed: DaemonState['postponed'];
    /** Accounts that their server wants to be left alone. */
    readonly paused: readonly AccountPause[];
    /** Last runs that a limit stopped or that failed, and why. */
    readonly runs: readonly (RunRecord & { readonly reason: string | null })[];
    readonly quarantined: readonly {
      readonly id: string;
      readonly store: string;
      readonly reason: string | null;
    }[];
    readonly pending: readonly PendingPurge[];
    readonly stores: readonly { readonly store: string; readonly reason: string }[];
    readonly unread: readonly (AccountRef & { readonly at: Date; readonly reason: string })[];
  };
  readonly fullest: readonly AccountFullness[];
}

/** What is running, what comes next, and what is held up and why, from the catalog, for all processes. */
export async function statusOf(overview: Overview): Promise<Status> {
  const { catalog, config } = overview;
  const names = new Set(config.policies.map(({ name }) => name));
  const troubles = (await knownTroubles(overview)).filter(({ policy }) => names.has(policy));
  const { at, daemons, held } = await heldUp(overview, troubles);
  const summaries = await catalog.policySummaries(config.accounts, [...names]);
  return {
    at,
    daemons,
    pause: await catalog.paused(),
    running: troubles.filter((run) => run.finished === null),
    policies: policyStatus(overview, { troubles, summaries, daemons }),
    jobs: timetable(config)
      .filter(({ task }) => task.kind !== 'policy')
      .map(({ name, expression, timezone }) => ({
        job: name,
        schedule: expression,
        next: overview.schedule(expression, timezone).next(),
      })),
    held,
    fullest: await fullestAccounts(overview, at),
  };
}

/** What is held up, without a look at the runs of all accounts that went well: for thousands that takes long. */
export async function heldUpNow(overview: Overview): Promise<HeldUp> {
  return heldUp(overview, await knownTroubles(overview));
}

/** The newest runs on configured accounts that did not go well. */
async function knownTroubles({ catalog, config }: Overview): Promise<readonly RunRecord[]> {
  const known = new Set(config.accounts.map(accountKey));
  return (await catalog.latestTroubles()).filter((run) => known.has(accountKey(run)));
}

export type HeldUp = Pick<Status, 'at' | 'daemons' | 'held'>;

async function heldUp(overview: Overview, latest: readonly RunRecord[]): Promise<HeldUp> {
  const { catalog, config, clock } = overview;
  const at = clock.now();
  const daemons = await liveDaemons(catalog, at);
  const scans = await catalog.scans();
  const quarantined = await catalog.archives({ states: ['quarantined'] });
  return {
    at,
    daemons,
    held: {
      postponed: daemons.flatMap(({ state }) => state.postponed),
      paused: (await catalog.accountPauses()).filter(({ until }) => at < until),
      runs: latest
        .filter((run) => isHeldUp(run, config.policies))
        .map((run) => ({ ...run, reason: reasonOf(run) })),
      quarantined: quarantined.map(({ id, store, stateReason: reason }) => ({ id, store, reason })),
      pending: await pendingPurges(overview),
      stores: await disabledStores(overview),
      unread: scans.flatMap(({ server, account, at: when, error }) =>
        error === null ? [] : [{ server, account, at: when, reason: error }],
      ),
    },
  };
}

/** Daemons that have been heard of lately, with what they do. */
export async function liveDaemons(catalog: Pick<Catalog, 'daemons'>, at: Date): Promise<Status['daemons']> {
  return (await catalog.daemons())
    .filter(({ seen }) => at.getTime() - seen.getTime() < silentMs)
    .flatMap((daemon) => {
      const state = parseDaemonState(daemon.state);
      return state === null ? [] : [{ ...daemon, state }];
    });
}

/** A pause is no failure. */
export function isPaused({ reason }: Pick<DaemonState['postponed'][number], 'reason'>): boolean {
  return reason.startsWith('paused by ');
}

/** A policy that was removed, or is in plan mode, runs no more. */
function isHeldUp({ policy, result }: RunRecord, policies: readonly Policy[]): boolean {
  if (result !== 'failed' && result !== 'limit') return false;
  return policies.some(({ name, mode }) => name === policy && mode === 'enforce');
}

/** When the daemon runs it next; null: never. */
export function nextRun(
  { schedule }: Pick<Overview, 'schedule'>,
  { mode, schedule: expression, timezone }: Policy,
): Date | null {
  return expression === null || mode !== 'enforce' ? null : schedule(expression, timezone).next();
}

interface Records {
  readonly troubles: readonly RunRecord[];
  readonly summaries: readonly PolicySummary[];
  readonly daemons: Status['daemons'];
}

function policyStatus(
  { config, schedule }: Overview,
  { troubles, summaries, daemons }: Records,
): readonly PolicyStatus[] {
  const jobs = daemons.flatMap(({ state }) => state.jobs);
  return config.policies.map((policy) => {
    const results = policyResults(
      troubles.filter((run) => run.policy === policy.name),
      jobs,
    );
    const summary = summaries.find((one) => one.policy === policy.name);
    return {
      policy: policy.name,
      mode: policy.mode,
      schedule: policy.schedule,
      next: nextRun({ schedule }, policy),
      last: summary?.last ?? null,
      results: { ...results, ok: results.ok + (summary?.succeeded ?? 0) },
    };
  });
}

/** The stores that can't be used, and why. */
export async function disabledStores(overview: Overview): Promise<Status['held']['stores']> {
  return overview.disabledStores?.() ?? (await askStores(overview));
}

async function askStores({ stores, gate }: Overview): Promise<Status['held']['stores']> {
  const disabled = [];
  for (const name of stores.keys()) {
    try {
      const store = gate.find(name);
      if (!(await gate.requireOurs(store))) await store.marker();
    } catch (error) {
      disabled.push({ store: name, reason: errorMessage(error) });
    }
  }
  return disabled;
}

async function fullestAccounts({ catalog }: Overview, now: Date): Promise<readonly AccountFullness[]> {
  const byAccount = Map.groupBy(await catalog.newestSamples(), accountKey);
  const full = [...byAccount.values()].flatMap((samples) => {
    const [first] = samples;
    const percent = fullestPercent(rootsOf(samples));
    return first === undefined || percent === null ? [] : [{ ref: first, percent }];
  });
  const top = full.toSorted((a, b) => b.percent - a.percent).slice(0, fullest);
  const since = new Date(now.getTime() - forecastWindowMs);
  return await Promise.all(
    top.map(async ({ ref: { server, account, at }, percent }) => {
      const when = accountForecast(await catalog.samples({ server, account }, since), now);
      return { server, account, percent, at, fullAt: when.kind === 'full' ? when.at : null };
    }),
  );
}
