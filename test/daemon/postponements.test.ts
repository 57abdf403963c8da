import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Postponements } from '../../src/daemon/postponements.ts';
import type { AccountRef } from '../../src/domain/account.ts';
import type { GivenJob, SharedRuns } from '../../src/ports/queue.ts';
import { openSharedRuns } from '../../src/queue/shared-runs.ts';
import { Activity } from '../../src/watch/daemon-state.ts';
import { freshDatabase } from '../catalog/postgres/database.ts';
import { until } from '../integration/daemon.ts';

const alice = { server: 'main', account: 'alice' };
const clock = { now: () => new Date() };
const failed = { reason: 'the login was refused', why: 'failed', tries: 0 } as const;

interface Replica {
  readonly runs: SharedRuns;
  readonly postponements: Postponements;
  readonly activity: Activity;
  /** What the queue said to each job that came back. */
  readonly accepted: readonly boolean[];
}

/** A replica whose postponed accounts go to a queue in PostgreSQL. */
async function replica(t: TestContext): Promise<Replica> {
  const place = await freshDatabase();
  const runs = await openSharedRuns({
    place: { ...place, password: null, tls: null },
    atOnce: 2,
    failed: () => undefined,
  });
  const activity = new Activity(clock);
  const accepted: boolean[] = [];
  const postponements = new Postponements(clock, activity, async (ref, tries) => {
    const taken = await runs.add([ref], tries);
    accepted.push(taken);
    return taken;
  });
  t.after(async () => {
    postponements.clear();
    await runs.stop();
  });
  await runs.servers(new Map([['main', 2]]));
  return { runs, postponements, activity, accepted };
}

/** Seconds until alice is tried again. */
function waitOf(activity: Activity): number {
  const [first] = activity.state(0, false).postponed;
  assert.ok(first !== undefined);
  return Math.round((first.until.getTime() - Date.now()) / 1000);
}

test('a postponed account that a schedule put on the queue meanwhile keeps its number of tries', async (t) => {
  const { runs, postponements, activity, accepted } = await replica(t);
  postponements.later(alice, failed);
  assert.equal(waitOf(activity), 5);
  // A schedule fires; no replica has a place for the account yet.
  await runs.add([alice]);
  await until(async () => accepted.length === 1);
  assert.deepEqual(accepted, [true]);
  assert.deepEqual(activity.state(0, false).postponed, [], 'it waits for a replica');
  let given: number | null = null;
  await runs.serve(async (ref: AccountRef, { tries }: GivenJob) => {
    given = tries;
    postponements.later(ref, { ...failed, tries });
  });
  await until(async () => given !== null);
  assert.equal(given, 1);
  assert.equal(waitOf(activity), 10);
});

test('a postponed account that is being run when its wait is over keeps its number of tries', async (t) => {
  const { runs, postponements, activity, accepted } = await replica(t);
  const ran = Promise.withResolvers<void>();
  let tries: number | null = null;
  await runs.serve(async (_ref: AccountRef, job: GivenJob) => {
    tries = job.tries;
    await ran.promise;
  });
  await runs.add([alice]);
  await until(async () => tries === 0);
  postponements.later(alice, failed);
  await until(async () => accepted.length === 1);
  assert.deepEqual(accepted, [false]);
  // The job that runs knows nothing of it; it fails too.
  postponements.later(alice, failed);
  assert.equal(waitOf(activity), 10);
  ran.resolve();
  await until(async () => tries === 2);
  postponements.forget(alice);
  postponements.later(alice, failed);
  assert.equal(waitOf(activity), 5, 'once its job is done, the waits begin again');
});

test('what is not accepted is tried again, and stops with the daemon', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: number[] = [];
  let takes = false;
  const postponements = new Postponements(clock, new Activity(clock), async (_ref, tries) => {
    asked.push(tries);
    return takes;
  });
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  postponements.later(alice, { ...failed, tries: 3 });
  await pass(40_000);
  assert.deepEqual(asked, [4]);
  await pass(60_000);
  assert.deepEqual(asked, [4, 4]);
  takes = true;
  await pass(60_000);
  await pass(600_000);
  assert.deepEqual(asked, [4, 4, 4]);
  takes = false;
  postponements.later(alice, { ...failed, tries: 0 });
  await pass(5000);
  postponements.clear();
  await pass(600_000);
  assert.deepEqual(asked, [4, 4, 4, 1]);
});
