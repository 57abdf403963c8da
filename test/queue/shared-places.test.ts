import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { SharedPlaces } from '../../src/queue/shared-places.ts';
import { budgeted } from '../../src/compose-replicas.ts';
import { isError } from '../../src/errors.ts';
import { mostPerUser } from '../../src/imap/seats.ts';
import type { Locks } from '../../src/ports/locks.ts';
import { freshDatabase, openedPostgres, sharedPostgres } from '../catalog/postgres/database.ts';
import { until } from '../integration/daemon.ts';
import { serverAt } from '../imap/sessions.ts';
import { accountWorld } from '../work/account-world.ts';

const stop = new AbortController().signal;

/** The locks of two processes that share a database, and SQL on it. */
async function twoProcesses(
  t: TestContext,
): Promise<{ readonly one: Locks; readonly two: Locks; sql(text: string): Promise<string> }> {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const [one, two] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  return { one: one.locks, two: two.locks, sql: (text) => server.sql(settings.database, text) };
}

const database = {
  type: 'postgres',
  host: 'db',
  port: 5432,
  user: 'mothball',
  database: 'mothball',
  password: null,
  tls: null,
  poolSize: 1,
  statementTimeoutMs: 1000,
} as const;

test('a connection ends when another process was given its place', async (t) => {
  const { one, two, sql } = await twoProcesses(t);
  const world = await accountWorld(t);
  const servers = new Map([['main', serverAt(world.server.port, { maxConnections: 1 })]]);
  const { mail, close } = budgeted(world.mail, one, { servers, database }, stop);
  t.after(close);
  const session = await mail.open(world.account);
  assert.ok((await session.folders()).length > 0);
  await sql('UPDATE leases SET expires = 0');
  await using taken = await two.connection(world.account.server, 1);
  assert.ok(taken !== null);
  await assert.rejects(
    async () => {
      for (;;) await session.folders();
    },
    (error) => isError(error, 'connect'),
  );
  await session[Symbol.asyncDispose]();
  taken.require();
});

test('two processes never have more connections than places, and both get their turn', async (t) => {
  const { one, two, sql } = await twoProcesses(t);
  let open = 0;
  let most = 0;
  const done = { one: 0, two: 0 };
  let asked = 0;
  const work = async (name: keyof typeof done, locks: Locks): Promise<void> => {
    const places = new SharedPlaces(() => {
      asked += 1;
      return locks.connection('main', 2);
    }, stop);
    const worker = async (): Promise<void> => {
      // Neither ends before both had a turn.
      while (done.one < 50 || done.two < 50) {
        await using _place = await places.take();
        open += 1;
        most = Math.max(most, open);
        await sleep(5);
        open -= 1;
        done[name] += 1;
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    await places.close();
  };
  await Promise.all([work('one', one), work('two', two)]);
  assert.equal(most, 2);
  assert.ok(asked < (done.one + done.two) / 3, `${asked} questions for ${done.one + done.two} connections`);
  assert.equal((await sql('SELECT count(*) FROM leases')).trim(), '0', 'all are given back');
});

test('a place that was kept and is not sure any more is not used again', async (t) => {
  const { one, two, sql } = await twoProcesses(t);
  const places = new SharedPlaces(() => one.connection('main', 1), stop);
  const first = await places.take();
  await sql('UPDATE leases SET expires = 0');
  await using taken = await two.connection('main', 1);
  assert.ok(taken !== null);
  await new Promise((resolve) => first.lost.addEventListener('abort', resolve));
  await first[Symbol.asyncDispose]();
  let got = false;
  const next = places.take().then(async (place) => {
    got = true;
    await place[Symbol.asyncDispose]();
  });
  await sleep(700);
  assert.equal(got, false);
  taken.require();
  await taken[Symbol.asyncDispose]();
  await next;
  await places.close();
});

test('one user has no more connections to one host than servers take, by all processes and under all names of it', async (t) => {
  const { one, two, sql } = await twoProcesses(t);
  const world = await accountWorld(t);
  const server = serverAt(world.server.port, { maxConnections: 8 });
  const servers = new Map([
    ['main', { ...server, name: 'main' }],
    ['again', { ...server, name: 'again', host: server.host.toUpperCase() }],
  ]);
  const budgets = [one, two].map((locks) => budgeted(world.mail, locks, { servers, database }, stop));
  let open = 0;
  let ends = (): void => undefined;
  const ended = new Promise<void>((resolve) => (ends = resolve));
  const opening = budgets.flatMap(({ mail }) =>
    ['main', 'again'].flatMap((name) =>
      Array.from({ length: 4 }, async () => {
        await using _session = await mail.open({ ...world.account, server: name });
        open += 1;
        await ended;
      }),
    ),
  );
  await until(async () => open >= mostPerUser);
  await sleep(1000);
  assert.equal(open, mostPerUser);
  const leases = await sql(`SELECT count(*) FROM leases WHERE name LIKE '%${world.account.account} at %'`);
  assert.equal(Number(leases), mostPerUser);
  ends();
  await Promise.all(opening);
  assert.equal(open, 16);
  await Promise.all(budgets.map(({ close }) => close()));
});
