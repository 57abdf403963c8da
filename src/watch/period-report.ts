import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountKey, type AccountRef } from '../domain/account.ts';
import { add } from '../domain/duration.ts';
import type { Duration } from '../domain/policy.ts';
import type { AccountPause } from '../ports/account-pauses.ts';
import type { Pause } from '../ports/watch.ts';
import { accountForecast, forecastWindowMs } from './account-forecast.ts';
import { alike, general, reasonOn } from './alike.ts';
import { type ExpiringArchives, expiringUntil, type Freed, freedSince } from './period-totals.ts';
import { scannedAccounts } from './fleet.ts';
import { reasonOf } from './policy-results.ts';
import { heldUpNow, type Overview } from './status.ts';

/** From this on an account is in the report, whatever its forecast; percent. */
export const nearlyFull = 90;
/** Entries of each list: a report is read, not searched. */
const mostListed = 50;
/** Failed runs that are read at most. */
const mostFailed = 5_000;

/** The first entries of a list, and how many there are. */
export interface ReportList<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

export interface FullAccount extends AccountRef {
  readonly percent: number;
  /** By the growth of the last 30 days; null: not foreseen, or full already. */
  readonly fullAt: Date | null;
}

/** What failed alike, on how many accounts. */
export interface FailedGroup {
  /** Null: a scan, which belongs to no policy. */
  readonly policy: string | null;
  readonly result: 'failed' | 'limit';
  readonly accounts: number;
  /** One of the accounts. */
  readonly example: AccountRef;
  readonly reason: string;
  readonly last: Date;
}

/** What happened in a period, and what needs an admin now. Every list is bounded. */
export interface PeriodReport {
  readonly from: Date;
  readonly to: Date;
  readonly accounts: number;
  readonly pause: Pause | null;
  readonly full: ReportList<FullAccount>;
  readonly failed: ReportList<FailedGroup>;
  readonly stores: ReportList<{ readonly store: string; readonly reason: string }>;
  readonly paused: ReportList<AccountPause>;
  readonly freed: ReportList<Freed>;
  readonly quarantined: {
    readonly archives: ReportList<{ readonly id: string; readonly store: string; readonly reason: string }>;
    /** Messages by server: all, and those since the beginning of the period. */
    readonly messages: ReportList<{
      readonly server: string;
      readonly messages: number;
      readonly new: number;
    }>;
  };
  readonly expiring: ReportList<ExpiringArchives>;
}

export interface PeriodWish {
  readonly from: Date;
  /** How far ahead accounts that fill up and archives that expire are looked for, and in which zone. */
  readonly ahead: Duration;
  readonly timezone: string;
}

/** Asks the catalog what the report says. It only reads. @throws `database`. */
export async function periodReport(source: Overview, wish: PeriodWish): Promise<PeriodReport> {
  const { catalog, config } = source;
  const { at: to, held } = await heldUpNow(source);
  const until = add(to, wish.ahead, wish.timezone);
  const scans = held.unread.map((one) => ({ ...one, policy: null, result: 'failed' as const, last: one.at }));
  return {
    from: wish.from,
    to,
    accounts: config.accounts.length,
    pause: await catalog.paused(),
    full: listed(await fullAccounts(source, to, until)),
    failed: listed([...grouped(await failedRuns(source, wish.from)), ...grouped(scans)]),
    stores: listed(held.stores),
    paused: listed(held.paused),
    freed: listed(await freedSince(catalog, wish.from)),
    quarantined: {
      archives: listed(held.quarantined.map((one) => ({ ...one, reason: one.reason ?? 'unknown reason' }))),
      messages: listed(await quarantinedMessages(source, wish.from)),
    },
    expiring: listed(await expiringUntil(source, until)),
  };
}

function listed<T>(all: readonly T[]): ReportList<T> {
  return { total: all.length, rows: all.slice(0, mostListed) };
}

/** Accounts that are nearly full, or will be in time; the fullest first. */
async function fullAccounts(source: Overview, now: Date, until: Date): Promise<readonly FullAccount[]> {
  const since = new Date(now.getTime() - forecastWindowMs);
  const found: FullAccount[] = [];
  for (const { server, account, percent } of await scannedAccounts(source)) {
    if (percent === null) continue;
    const when = accountForecast(await source.catalog.samples({ server, account }, since), now);
    const fullAt = when.kind === 'full' && when.at > now && percent < 100 ? when.at : null;
    if (percent >= nearlyFull || (fullAt !== null && fullAt <= until))
      found.push({ server, account, percent, fullAt });
    // A forecast costs milliseconds: other work gets its turn.
    await nextTurn();
  }
  return found.toSorted((a, b) => b.percent - a.percent);
}

interface Failure extends AccountRef {
  readonly policy: string | null;
  readonly result: 'failed' | 'limit';
  readonly reason: string;
  readonly last: Date;
}

async function failedRuns({ catalog, config }: Overview, from: Date): Promise<readonly Failure[]> {
  const known = new Set(config.accounts.map(accountKey));
  const { rows } = await catalog.runPage(
    { from, results: ['failed', 'limit'] },
    { limit: mostFailed, offset: 0 },
  );
  return rows
    .filter((run) => known.has(accountKey(run)))
    .map((run) => ({
      server: run.server,
      account: run.account,
      policy: run.policy,
      result: run.result === 'limit' ? 'limit' : 'failed',
      reason: reasonOf(run) ?? '',
      last: run.finished ?? run.started,
    }));
}

/** What failed alike is one entry; what concerns most accounts comes first. */
function grouped(failures: readonly Failure[]): readonly FailedGroup[] {
  return alike(failures, (one) =>
    JSON.stringify([one.policy, one.result, one.result === 'limit' ? '' : general(one.reason, one)]),
  )
    .map((group) => {
      const [{ policy, result, server, account }] = group;
      return {
        policy,
        result,
        accounts: new Set(group.map(accountKey)).size,
        example: { server, account },
        reason: reasonOn(group),
        last: group.reduce((newest, { last }) => (last > newest ? last : newest), new Date(0)),
      };
    })
    .toSorted((a, b) => b.accounts - a.accounts);
}

async function quarantinedMessages({ catalog }: Overview, from: Date) {
  return alike(await catalog.quarantineList(), ({ server }) => server).map((group) => ({
    server: group[0].server,
    messages: group.length,
    new: group.filter(({ at }) => at >= from).length,
  }));
}
