import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type DaemonProcess, series, startDaemonProcess, until } from '../integration/daemon.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { readArchives } from '../oracle/archives.ts';
import { type EndedSession, endedSessions } from '../oracle/dovecot-sessions.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Postgres, startPostgres } from '../servers/postgres.ts';
import { startSlowProxy } from '../servers/slow-proxy.ts';

/** 30 accounts; MOTHBALL_TEST_ACCOUNTS=300 for the long form (npm run test:replicas). */
const accounts = Number(process.env['MOTHBALL_TEST_ACCOUNTS'] ?? 30);
const users = Array.from({ length: accounts }, (_, index) => `user${index}@example.com`);
const places = 6;
let dovecot: Dovecot;
let postgres: Postgres;

before(async () => {
  [dovecot, postgres] = await Promise.all([startDovecot(), startPostgres()]);
});

after(async () => {
  await dovecot.stop();
  await postgres[Symbol.asyncDispose]();
});

interface StatusDocument {
  readonly daemons: readonly {
    readonly pid: number;
    readonly seen: string;
    readonly state: {
      readonly leader: boolean;
      readonly jobs: readonly { readonly account: string | null }[];
    };
  }[];
}

interface Cluster {
  readonly sites: readonly Site[];
  readonly daemons: readonly DaemonProcess[];
  readonly archive: string;
  readonly name: string;
}

/** Three replicas with a database and an archive in common, for which everything is due. */
async function cluster(
  t: TestContext,
  name: string,
  mine: readonly string[],
  port = dovecot.port,
): Promise<Cluster> {
  const archive = await mkdtemp(join(tmpdir(), 'mothball-shared-'));
  t.after(() => rm(archive, { recursive: true, force: true }));
  const wish = {
    server: { port, maxConnections: places },
    users: mine,
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    archivePath: archive,
    extra: {
      database: await postgres.database(name),
      http: { listen: '127.0.0.1:0' },
      daemon: { jitter: '1s' },
    },
  };
  const sites = await Promise.all([makeSite(wish), makeSite(wish), makeSite(wish)]);
  for (const site of sites) t.after(() => site.remove());
  const [first] = sites;
  assert.ok(first !== undefined);
  const maker = await startDaemonProcess(first);
  assert.equal(await maker.stop(), 143);
  await postgres.sql(name, `UPDATE schedules SET since = since - ${500 * 86_400_000}::bigint`);
  // Nobody begins before all are there: the first would do everything.
  assertExit(await first.run(['pause']), 0);
  const daemons = await Promise.all(sites.map((site) => startDaemonProcess(site)));
  for (const daemon of daemons) t.after(() => daemon.kill('SIGKILL'));
  assertExit(await first.run(['resume']), 0);
  return { sites, daemons, archive, name };
}

const finished = async ({ name }: Cluster): Promise<number> =>
  Number(await postgres.sql(name, "SELECT count(DISTINCT account) FROM runs WHERE result = 'success'"));

/** Every old message is gone, and is in exactly one archive. */
async function assertDone({ archive }: Cluster, full: readonly Snapshot[]): Promise<void> {
  const archives = readArchives(archive);
  for (const mail of full) {
    const own = archives.filter(({ head }) => head.account === mail.user);
    const selected = selectByRule(mail, { olderThanDays: 365 }, new Date());
    assertExactlyGone(mail, await snapshot(dovecot, mail.user), own, selected);
    const copies = own.flatMap(({ messages }) => messages.map(({ sha256 }) => sha256)).toSorted();
    assert.deepEqual(copies, selected.map(({ sha256 }) => sha256).toSorted(), `copies of ${mail.user}`);
  }
}

/**
 * By the mail server's own log one session read the two old messages and deleted them. Scans read none, and
 * this test all three before and the one that is left afterwards.
 */
async function assertOneSessionEach(mine: readonly string[]): Promise<void> {
  const busy = async (): Promise<readonly EndedSession[]> =>
    (await endedSessions(dovecot.dir)).filter(
      ({ user, bodies, expunged }) => mine.includes(user) && (bodies === 2 || expunged > 0),
    );
  await until(async () => (await busy()).length >= mine.length);
  const expected = mine.map((user) => ({ user, bodies: 2, expunged: 2 }));
  const order = (one: EndedSession, other: EndedSession): number => (one.user < other.user ? -1 : 1);
  assert.deepEqual((await busy()).toSorted(order), expected.toSorted(order));
}

test('three replicas do each account once, one of them leads, and status shows who does what', async (t) => {
  for (const user of users)
    await seedUser(dovecot, user, [note('one', 500), note('two', 600), note('young', 3)]);
  const full = await Promise.all(users.map((user) => snapshot(dovecot, user)));
  // At the pace of a line to another town: on loopback one replica is done before the others ask for work.
  const line = await startSlowProxy(dovecot.port, 50);
  t.after(() => line.stop());
  const all = await cluster(t, 'three', users, line.port);
  const [site] = all.sites;
  assert.ok(site !== undefined);
  let most = 0;
  await until(async () => {
    const text = await postgres.sql(all.name, `SELECT count(*) FROM leases WHERE name LIKE '["connection"%'`);
    most = Math.max(most, Number(text));
    return (await finished(all)) === users.length;
  });
  await assertDone(all, full);
  assert.ok(most <= places, `${most} connections at once`);
  const { daemons } = await site.json<StatusDocument>(['status']);
  assert.equal(daemons.length, 3);
  assert.equal(daemons.filter(({ state }) => state.leader).length, 1);
  // Each run that did something did it alone.
  const overlaps = await postgres.sql(
    all.name,
    `SELECT count(*) FROM runs a JOIN runs b ON a.account = b.account AND a.id < b.id
     AND a.started < b.finished AND b.started < a.finished`,
  );
  assert.equal(Number(overlaps), 0);
  const acted = await postgres.sql(all.name, 'SELECT count(*) FROM runs WHERE acted = 1');
  assert.equal(Number(acted), users.length);
  await assertOneSessionEach(users);
  const worked = all.daemons.filter(({ lines }) =>
    lines.some(({ message }) => message.startsWith('old: success')),
  );
  // Of 30 accounts the one that asked first may have taken all: it has as many at a time as the server has places.
  if (accounts >= 300) assert.ok(worked.length > 1, 'the replicas share the work');
  const leaders = await Promise.all(
    all.daemons.map(async (daemon) => series((await daemon.get('/metrics')).text, 'mothball_leader')),
  );
  assert.deepEqual(
    leaders.toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    [0, 0, 1],
  );
  const plan = await site.run(['plan']);
  assert.equal(plan.code, 0, 'reading takes no lease and waits for nobody');
  assert.deepEqual(await Promise.all(all.daemons.map((daemon) => daemon.stop())), [143, 143, 143]);
});

test('a replica is killed, another is frozen in mid-archive and woken: others finish, and nothing is lost or doubled', async (t) => {
  const mine = users.slice(0, Math.min(12, accounts)).map((user) => `late-${user}`);
  const mail = [
    ...Array.from({ length: 25 }, (_, index) => note(`old ${index}`, 500 + index, { size: 20_000 })),
    note('young', 3),
  ];
  for (const user of mine) await seedUser(dovecot, user, mail);
  const full = await Promise.all(mine.map((user) => snapshot(dovecot, user)));
  // Slow enough that an account is still in hand when its replica is stopped.
  const line = await startSlowProxy(dovecot.port, 50);
  t.after(() => line.stop());
  const all = await cluster(t, 'frozen', mine, line.port);
  const isBusy = ({ lines }: DaemonProcess): boolean =>
    lines.some(({ message }) => /archiving/.test(message));
  const frozen = await Promise.race(
    all.daemons.map(async (daemon) => {
      await daemon.line(/archiving/);
      return daemon;
    }),
  );
  frozen.kill('SIGSTOP');
  const others = all.daemons.filter((daemon) => daemon !== frozen);
  const killed = others.find(isBusy) ?? others[0];
  const last = others.find((daemon) => daemon !== killed);
  assert.ok(killed !== undefined && last !== undefined);
  killed.kill('SIGKILL');
  assert.ok((await finished(all)) < mine.length, 'not all is done already');
  const stopped = performance.now();
  await until(async () => (await finished(all)) === mine.length);
  const seconds = (performance.now() - stopped) / 1000;
  t.diagnostic(`all accounts done ${seconds.toFixed(1)} s after the loss of two replicas`);
  // A minute, with room for a loaded machine.
  assert.ok(seconds < 120, `${seconds} s`);
  const objects = readArchives(all.archive).length;
  const acted = await postgres.sql(all.name, 'SELECT count(*) FROM runs WHERE acted = 1');
  frozen.kill('SIGCONT');
  await sleep(8000);
  await assertDone(all, full);
  assert.equal(readArchives(all.archive).length, objects, 'the one that woke stored nothing');
  assert.equal(await postgres.sql(all.name, 'SELECT count(*) FROM runs WHERE acted = 1'), acted);
  const text = await postgres.sql(all.name, `SELECT count(*) FROM leases WHERE name = '["leader"]'`);
  assert.equal(Number(text), 1);
  assert.equal(await frozen.stop(), 143);
  assert.equal(await last.stop(), 143);
});
