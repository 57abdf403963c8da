import { accountKey } from '../domain/account.ts';
import type { RunRecord } from '../ports/records.ts';
import type { ActiveJob } from './daemon-state.ts';
import { type PolicyResults, policyResults } from './policy-results.ts';

/** The runs of one policy that belong together: its accounts, each once. */
export interface Firing {
  readonly policy: string;
  readonly started: Date;
  /** The end of the last of them; null: not all have ended. */
  readonly finished: Date | null;
  readonly runs: readonly RunRecord[];
  readonly results: PolicyResults;
  readonly archived: Amount;
  readonly deleted: Amount;
}

interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** What a report says was done; nothing where there is no report. */
export type DoneOf = (run: RunRecord) => { readonly archived: Amount; readonly deleted: Amount };

/** Runs that are read at most: with 300 accounts and a run every 10 minutes, those of 8 hours. */
export const mostGrouped = 15_000;

/** Runs of one schedule's time that begin later than this after one another belong to two. */
const gapMs = 3_600_000;

/**
 * Groups runs, the newest first. Those of one call of the command line have an ID in common; the daemon's
 * belong together by policy and time, until an account comes again.
 */
export function firings(
  runs: readonly RunRecord[],
  jobs: readonly ActiveJob[],
  doneOf: DoneOf,
): readonly Firing[] {
  const open = new Map<string, { readonly runs: RunRecord[]; readonly seen: Set<string> }>();
  const groups: RunRecord[][] = [];
  const shared = new Map<string, number>();
  for (const run of runs) shared.set(callOf(run), (shared.get(callOf(run)) ?? 0) + 1);
  for (const run of runs) {
    const key = accountKey(run);
    const call = callOf(run);
    const place = (shared.get(call) ?? 0) > 1 ? call : run.policy;
    const current = open.get(place);
    const last = current?.runs.at(-1);
    const fits =
      current !== undefined &&
      last !== undefined &&
      !current.seen.has(key) &&
      last.started.getTime() - run.started.getTime() < gapMs;
    if (fits) {
      current.runs.push(run);
      current.seen.add(key);
      continue;
    }
    const group = { runs: [run], seen: new Set([key]) };
    open.set(place, group);
    groups.push(group.runs);
  }
  return groups
    .map((group) => firing(group, jobs, doneOf))
    .toSorted((a, b) => b.started.getTime() - a.started.getTime());
}

/** The first part of the ID, which all runs of one call share, and the policy. */
function callOf({ id, policy }: RunRecord): string {
  const slash = id.indexOf('/');
  // There are thousands: no list is made of each, and what comes before a slash has none.
  return `${slash === -1 ? id : id.slice(0, slash)}/${policy}`;
}

function firing(runs: readonly RunRecord[], jobs: readonly ActiveJob[], doneOf: DoneOf): Firing {
  const done = runs.map(doneOf);
  const sum = (amounts: readonly Amount[]): Amount => ({
    messages: amounts.reduce((total, { messages }) => total + messages, 0),
    bytes: amounts.reduce((total, { bytes }) => total + bytes, 0),
  });
  const ends = runs.map(({ finished }) => finished);
  return {
    policy: runs[0]?.policy ?? '',
    started: new Date(Math.min(...runs.map(({ started }) => started.getTime()))),
    finished: ends.includes(null) ? null : new Date(Math.max(...ends.map((end) => end?.getTime() ?? 0))),
    runs,
    results: policyResults(runs, jobs),
    archived: sum(done.map(({ archived }) => archived)),
    deleted: sum(done.map(({ deleted }) => deleted)),
  };
}
