/**
 * `watch/`: questions about the state of everything, answered from the catalog without a login:
 * `status.ts` what is running, next and held up, `fleet.ts` how full all accounts are,
 * `account-forecast.ts` when one will be full, `timetable.ts` the schedules, `daemon-state.ts` what a
 * daemon reports about itself. It only reads.
 * May import `preflight` and what is below the rooms.
 */
import { accountKey, type AccountRef } from '../domain/account.ts';
import { add } from '../domain/duration.ts';
import { accountMatches } from '../domain/glob.ts';
import type { Policy } from '../domain/policy.ts';
import { fullestPercent } from '../domain/quota-band.ts';
import { errorMessage } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunRecord } from '../ports/records.ts';
import type { MakeSchedule } from '../ports/schedule.ts';
import type { DaemonRecord, Pause } from '../ports/watch.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { accountForecast, forecastWindowMs, rootsOf } from './account-forecast.ts';
import { type DaemonState, parseDaemonState } from './daemon-state.ts';
import { type Scheduled, timetable } from './timetable.ts';

/** A daemon that has been silent for longer than this is gone, in milliseconds. */
const silentMs = 30_000;
/** How many recent runs are examined, and how many accounts are shown. */
const recentRuns = 2000;
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
}

/** Mail that is archived and awaits its purge. */
export interface PendingPurge extends AccountRef {
  readonly policy: string;
  readonly messages: number;
  readonly bytes: number;
  /** When the first of it may be deleted; null: no policy of that name deletes any more. */
  readonly graceEnds: Date | null;
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
    /** Last runs that a limit stopped or that failed. */
    readonly runs: readonly RunRecord[];
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
  const { catalog, config, clock } = overview;
  const at = clock.now();
  const daemons = (await catalog.daemons())
    .filter(({ seen }) => at.getTime() - seen.getTime() < silentMs)
    .flatMap((daemon) => {
      const state = parseDaemonState(daemon.state);
      return state === null ? [] : [{ ...daemon, state }];
    });
  const runs = await catalog.runs(recentRuns);
  const latest = latestRuns(runs);
  const scans = await catalog.scans();
  return {
    at,
    daemons,
    pause: await catalog.paused(),
    running: runs.filter((run) => run.finished === null && latest.includes(run)),
    policies: policyStatus(overview, runs),
    jobs: timetable(config)
      .filter(({ task }) => task.kind !== 'policy')
      .map(({ name, expression, timezone }) => ({
        job: name,
        schedule: expression,
        next: overview.schedule(expression, timezone).next(),
      })),
    held: {
      postponed: daemons.flatMap(({ state }) => state.postponed),
      runs: latest.filter((run) => isHeldUp(run, config.policies)),
      quarantined: (await catalog.archives({ states: ['quarantined'] })).map(
        ({ id, store, stateReason }) => ({
          id,
          store,
          reason: stateReason,
        }),
      ),
      pending: await pendingPurges(overview),
      stores: overview.disabledStores?.() ?? (await askStores(overview)),
      unread: scans.flatMap(({ server, account, at: when, error }) =>
        error === null ? [] : [{ server, account, at: when, reason: error }],
      ),
    },
    fullest: await fullestAccounts(overview, at),
  };
}

/** A policy that was removed, or is in plan mode, runs no more. */
function isHeldUp({ policy, result }: RunRecord, policies: readonly Policy[]): boolean {
  if (result !== 'failed' && result !== 'limit') return false;
  return policies.some(({ name, mode }) => name === policy && mode === 'enforce');
}

function policyStatus({ config, schedule }: Overview, runs: readonly RunRecord[]): readonly PolicyStatus[] {
  return config.policies.map((policy) => ({
    policy: policy.name,
    mode: policy.mode,
    schedule: policy.schedule,
    next:
      policy.schedule === null || policy.mode !== 'enforce'
        ? null
        : schedule(policy.schedule, policy.timezone).next(),
    last: runs.find((run) => run.policy === policy.name) ?? null,
  }));
}

/** The newest run of each policy on each account; the newest come first. */
function latestRuns(runs: readonly RunRecord[]): readonly RunRecord[] {
  const seen = new Set<string>();
  return runs.filter(({ policy, server, account }) => {
    const key = JSON.stringify([policy, server, account]);
    return !seen.has(key) && seen.add(key);
  });
}

async function pendingPurges({ catalog, config }: Overview): Promise<readonly PendingPurge[]> {
  const accounts = new Set(config.accounts.map(accountKey));
  return (await catalog.allPending())
    .filter((found) => accounts.has(accountKey(found)))
    .map(({ since, ...found }) => {
      const policy = config.policies.find((candidate) => candidate.name === found.policy);
      return { ...found, graceEnds: graceEnd(policy, found, since) };
    });
}

/** When the first mail that has been waiting since then may be deleted; null: it is kept. */
function graceEnd(policy: Policy | undefined, ref: AccountRef, since: Date | null): Date | null {
  if (policy === undefined || policy.delete === null || policy.mode !== 'enforce') return null;
  if (since === null || !accountMatches(policy.accounts, ref.account)) return null;
  return add(since, policy.delete.after, policy.timezone);
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
