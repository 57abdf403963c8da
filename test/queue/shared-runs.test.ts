import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { accountKey, type AccountRef } from '../../src/domain/account.ts';
import { openSharedRuns } from '../../src/queue/shared-runs.ts';
import type { GivenJob, SharedRuns } from '../../src/ports/queue.ts';
import { freshDatabase, sharedPostgres } from '../catalog/postgres/database.ts';
import { until } from '../integration/daemon.ts';

/** Replicas that share a queue, and what they have in hand. */
async function shop(t: TestContext, replicas: number, atOnce: number): Promise<Shop> {
  const place = await freshDatabase();
  const held = new Map<string, () => void>();
  const done: string[] = [];
  const hangs = new Set<string>();
  const runs = await Promise.all(
    Array.from({ length: replicas }, () =>
      openSharedRuns({ place: { ...place, password: null, tls: null }, atOnce, failed: () => undefined }),
    ),
  );
  const letGo = (): void => {
    hangs.clear();
    for (const end of held.values()) end();
  };
  t.after(async () => {
    letGo();
    await Promise.all(runs.map((run) => run.stop()));
  });
  const run = async (ref: AccountRef): Promise<void> => {
    const key = accountKey(ref);
    assert.ok(!held.has(key), `${key} is with two replicas`);
    if (hangs.has(ref.server)) {
      await new Promise<void>((resolve) => held.set(key, resolve));
      held.delete(key);
    }
    done.push(ref.account);
  };
  return { runs, run, held, done, hangs, letGo, place: place.database };
}

interface Shop {
  readonly runs: readonly SharedRuns[];
  readonly run: (ref: AccountRef) => Promise<void>;
  /** Accounts of servers that hang and are in hand. */
  readonly held: ReadonlyMap<string, () => void>;
  /** Accounts that are done, in this order. */
  readonly done: readonly string[];
  readonly hangs: Set<string>;
  readonly letGo: () => void;
  /** Name of the database. */
  readonly place: string;
}

const accountsOf = (server: string, count: number): readonly AccountRef[] =>
  Array.from({ length: count }, (_, index) => ({ server, account: `${server}${index}` }));

test('a server that hangs keeps no account of another waiting, however few a replica does at once', async (t) => {
  const { runs, run, held, done, hangs } = await shop(t, 2, 2);
  hangs.add('slow');
  const limits = new Map([
    ['slow', 20],
    ['quick', 20],
  ]);
  for (const one of runs) await one.servers(limits);
  const [first] = runs;
  // All of the slow one come first.
  await first?.add(accountsOf('slow', 30));
  for (const one of runs) await one.serve(run);
  await until(async () => held.size === 2);
  await first?.add(accountsOf('quick', 6));
  await until(async () => done.length === 6);
  assert.equal(held.size, 2, 'one with each replica');
  assert.deepEqual(
    done.toSorted(),
    accountsOf('quick', 6).map(({ account }) => account),
  );
});

test('an account that is added while it is with a replica is not given to another one', async (t) => {
  const { runs, run, held, done, hangs, letGo } = await shop(t, 3, 4);
  hangs.add('main');
  for (const one of runs) {
    await one.servers(new Map([['main', 4]]));
    await one.serve(run);
  }
  await Promise.all(runs.map((one) => one.add(accountsOf('main', 2))));
  await until(async () => held.size === 2);
  await Promise.all(runs.map((one) => one.add(accountsOf('main', 2))));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  letGo();
  await until(async () => done.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(done.length, 2);
});

test('a server that comes with a new configuration is served, and one that is gone is not', async (t) => {
  const { runs, run, done } = await shop(t, 1, 8);
  const [only] = runs;
  assert.ok(only !== undefined);
  await only.servers(new Map([['old', 2]]));
  await only.serve(run);
  await only.add(accountsOf('old', 1));
  await until(async () => done.length === 1);
  await only.servers(new Map([['new', 2]]));
  await only.add(accountsOf('new', 3));
  await until(async () => done.length === 4);
  await only.servers(
    new Map([
      ['new', 4],
      ['old', 1],
    ]),
  );
  await only.add([...accountsOf('new', 2), ...accountsOf('old', 1)]);
  await until(async () => done.length === 7);
});

test('how often an account was put off goes with its job, to whichever replica gets it', async (t) => {
  const { runs } = await shop(t, 2, 2);
  const [one, other] = runs;
  assert.ok(one !== undefined && other !== undefined);
  await one.servers(new Map([['main', 2]]));
  await other.servers(new Map([['main', 2]]));
  const seen = new Map<string, number>();
  await other.serve(async ({ account }, { tries }) => void seen.set(account, tries));
  await one.add([{ server: 'main', account: 'alice' }], 3);
  await one.add([{ server: 'main', account: 'bob' }]);
  await until(async () => seen.size === 2);
  assert.deepEqual([seen.get('alice'), seen.get('bob')], [3, 0]);
});

test('more servers than a replica has places for: it takes no more jobs, and another replica takes the rest', async (t) => {
  const { runs, run, held, done, hangs, letGo, place } = await shop(t, 2, 3);
  const [first, second] = runs;
  assert.ok(first !== undefined && second !== undefined);
  const servers = Array.from({ length: 8 }, (_, index) => `s${index}-`);
  for (const server of servers) hangs.add(server);
  const limits = new Map(servers.map((server) => [server, 10]));
  for (const one of runs) await one.servers(limits);
  await first.add(servers.flatMap((server) => accountsOf(server, 2)));
  await first.serve(run);
  await until(async () => held.size === 3);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(held.size, 3);
  assert.equal(new Set([...held.keys()].map((key) => key.split('-')[0])).size, 3, 'one of each server');
  // The others were left in the database.
  const server = await sharedPostgres();
  const count = "SELECT count(*) FROM mothball_queue.job WHERE state = 'created' AND name LIKE 'accounts/%'";
  assert.equal((await server.sql(place, count)).trim(), '13');
  await second.serve(run);
  await until(async () => held.size === 6);
  letGo();
  await until(async () => done.length === 16);
});

test('a server that comes does not make a replica take more at once, and gets the place that is free next', async (t) => {
  const { runs, run, held, done, hangs, letGo } = await shop(t, 1, 4);
  const [only] = runs;
  assert.ok(only !== undefined);
  for (const server of ['main', 'new']) hangs.add(server);
  await only.servers(new Map([['main', 20]]));
  await only.serve(run);
  await only.add(accountsOf('main', 10));
  await until(async () => held.size === 4);
  await only.servers(
    new Map([
      ['main', 20],
      ['new', 20],
    ]),
  );
  await only.add(accountsOf('new', 2));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(held.size, 4, 'what runs is left to run, and nothing is added to it');
  const ofNew = (): number => [...held.keys()].filter((key) => key.includes('new')).length;
  assert.equal(ofNew(), 0);
  for (const most of [1, 2]) {
    [...held].find(([key]) => key.includes('main'))?.[1]();
    await until(async () => ofNew() === most);
    assert.equal(held.size, 4);
  }
  letGo();
  await until(async () => done.length === 12);
});

test('a job that takes longer than a replica may be silent stays with it, and one that is taken from it is aborted', async (t) => {
  const { runs, place } = await shop(t, 2, 2);
  const [one, other] = runs;
  assert.ok(one !== undefined && other !== undefined);
  for (const each of runs) await each.servers(new Map([['main', 2]]));
  let starts = 0;
  let aborted = 0;
  const wait = async (_ref: AccountRef, { given }: GivenJob): Promise<void> => {
    starts += 1;
    if (aborted > 0) return;
    await new Promise<void>((resolve) => given.addEventListener('abort', () => resolve(), { once: true }));
    aborted += 1;
  };
  await one.serve(wait);
  await one.add(accountsOf('main', 1));
  await until(async () => starts === 1);
  await other.serve(wait);
  await new Promise((resolve) => setTimeout(resolve, 16_000));
  assert.deepEqual([starts, aborted], [1, 0]);
  const server = await sharedPostgres();
  await server.sql(place, "UPDATE mothball_queue.job SET state = 'cancelled' WHERE state = 'active'");
  await until(async () => aborted === 1);
});

test('a job that throws is tried again', async (t) => {
  const { runs } = await shop(t, 1, 2);
  const [only] = runs;
  assert.ok(only !== undefined);
  await only.servers(new Map([['main', 2]]));
  let starts = 0;
  await only.serve(async () => {
    starts += 1;
    if (starts === 1) throw new Error('this replica stops');
  });
  await only.add(accountsOf('main', 1));
  await until(async () => starts === 2);
});

test('a job that waits already keeps the larger number of tries, and one that is with a replica takes none', async (t) => {
  const { runs, run, held, hangs } = await shop(t, 2, 2);
  const [one, other] = runs;
  assert.ok(one !== undefined && other !== undefined);
  for (const each of runs) await each.servers(new Map([['main', 2]]));
  const alice = { server: 'main', account: 'alice' };
  const bob = { server: 'main', account: 'bob' };
  // A schedule fired before their waits were over.
  await one.add([alice, bob]);
  assert.equal(await other.add([alice], 9), true);
  assert.equal(await one.add([alice], 4), true);
  assert.equal(await one.add([alice]), true);
  const seen = new Map<string, number>();
  hangs.add('main');
  await other.serve(async (ref, { tries }) => {
    seen.set(ref.account, tries);
    await run(ref);
  });
  await until(async () => held.size === 2);
  assert.deepEqual([seen.get('alice'), seen.get('bob')], [9, 0]);
  assert.equal(await one.add([bob], 5), false);
});
