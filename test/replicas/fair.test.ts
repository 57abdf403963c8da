import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type ProxiedCommand, startProxy } from '../fault/imap-proxy.ts';
import {
  type DaemonProcess,
  type LogLine,
  series,
  startDaemonProcess,
  until,
} from '../integration/daemon.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Postgres, startPostgres } from '../servers/postgres.ts';

let dovecot: Dovecot;
let postgres: Postgres;

before(async () => {
  [dovecot, postgres] = await Promise.all([startDovecot(), startPostgres()]);
});

after(async () => {
  await dovecot.stop();
  await postgres[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;

/** Replicas for which everything is due. */
async function replicas(
  t: TestContext,
  name: string,
  { servers, accounts, count }: { servers: Json; accounts: readonly Json[]; count: number },
): Promise<readonly DaemonProcess[]> {
  const archivePath = await mkdtemp(join(tmpdir(), 'mothball-shared-'));
  t.after(() => rm(archivePath, { recursive: true, force: true }));
  const wish = {
    server: { port: dovecot.port },
    accounts,
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    archivePath,
    extra: {
      servers,
      database: await postgres.database(name),
      http: { listen: '127.0.0.1:0' },
      daemon: { jitter: '1s' },
      // Runs alone use the connections.
      scan: { schedule: '0 0 1 1 *', folders: 'off' },
    },
  };
  const sites = await Promise.all(Array.from({ length: count }, () => makeSite(wish)));
  for (const site of sites) t.after(() => site.remove());
  const [first] = sites;
  assert.ok(first !== undefined);
  const maker = await startDaemonProcess(first);
  await maker.stop();
  await postgres.sql(name, `UPDATE schedules SET since = since - ${500 * 86_400_000}::bigint`);
  await postgres.sql(name, 'DELETE FROM runs');
  const daemons = await Promise.all(sites.map((site) => startDaemonProcess(site)));
  for (const daemon of daemons) t.after(() => daemon.kill('SIGKILL'));
  return daemons;
}

const plain = { host: '127.0.0.1', tls: 'none' };
const accountOn = (server: string, user: string): Json => ({ user, server, passwordFile: './password' });

/** The lines that fit of all replicas. */
const linesOf = (daemons: readonly DaemonProcess[], fits: (line: LogLine) => boolean): readonly LogLine[] =>
  daemons.flatMap(({ lines }) => lines.filter(fits));

const finished = (daemons: readonly DaemonProcess[], users: readonly string[]): boolean =>
  users.every(
    (user) =>
      linesOf(daemons, ({ message, account }) => account === user && message.startsWith('old: success'))
        .length > 0,
  );

/** The response of AUTHENTICATE PLAIN that names this user. */
function isLoginOf(user: string, { name, text }: ProxiedCommand): boolean {
  if (name !== '' && name.toUpperCase() !== 'AUTHENTICATE') return false;
  return Buffer.from(text.trim().split(' ').at(-1) ?? '', 'base64')
    .toString()
    .includes(user);
}

for (const { trouble, verdict } of [
  { trouble: 'whose login hangs', verdict: 'swallow' },
  { trouble: 'whose connection is cut at each login', verdict: 'cut' },
] as const)
  test(`an account ${trouble} is tried at growing intervals, and the others are done meanwhile over the one connection`, async (t) => {
    const bad = `poisoned-${verdict}@example.com`;
    const users = Array.from({ length: 8 }, (_, index) => `good-${verdict}${index}@example.com`);
    for (const user of [bad, ...users]) await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
    const proxy = await startProxy(dovecot, {
      onCommand(command) {
        return isLoginOf(bad, command) ? verdict : 'pass';
      },
    });
    t.after(() => proxy.stop());
    const main = {
      ...plain,
      port: proxy.port,
      maxConnections: 1,
      connectTimeout: '1s',
      connectAttempts: 1,
    };
    const daemons = await replicas(t, `poisoned-${verdict}`, {
      servers: { main },
      // The first in the queue.
      accounts: [bad, ...users].map((user) => accountOn('main', user)),
      count: 2,
    });
    const failures = (): readonly number[] =>
      linesOf(daemons, ({ message, account }) => account === bad && message.startsWith('old: failed:'))
        .map(({ time }) => Date.parse(String(time)))
        .toSorted((one, other) => one - other);
    await until(async () => finished(daemons, users));
    const attempts = failures().length;
    t.diagnostic(`the other ${users.length} accounts were done after ${attempts} attempts of it`);
    assert.ok(attempts <= 3, `${attempts} attempts came before the others`);
    assert.deepEqual(
      linesOf(daemons, ({ message }) => message.includes('is down')),
      [],
      'the server is up',
    );
    // Whichever replica has it, the pauses grow: 5, 10 and then 20 seconds.
    await until(async () => failures().length >= 3);
    const pauses = failures()
      .slice(1, 3)
      .map((at, index) => (at - (failures()[index] ?? 0)) / 1000);
    t.diagnostic(`pauses: ${pauses.map((seconds) => seconds.toFixed(1)).join(', ')} s`);
    for (const [index, least] of [5, 10].entries())
      assert.ok((pauses[index] ?? 0) >= least, `${pauses.join(', ')} s`);
    proxy.rules = {};
    await until(async () => finished(daemons, [bad]));
    assert.deepEqual(await Promise.all(daemons.map((daemon) => daemon.stop())), [143, 143]);
  });

test('a server that never answers, with more accounts than a replica does at once, delays none of another server', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const users = Array.from({ length: 6 }, (_, index) => `fair${index}@example.com`);
  for (const user of users) await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
  const silentUsers = Array.from({ length: 150 }, (_, index) => `silent${index}@example.com`);
  const { port } = silent.address() as AddressInfo;
  const daemons = await replicas(t, 'silent', {
    servers: {
      silent: { ...plain, port, maxConnections: 100, connectTimeout: '120s', connectAttempts: 1 },
      good: { ...plain, port: dovecot.port, maxConnections: 2 },
    },
    accounts: [
      ...silentUsers.map((user) => accountOn('silent', user)),
      ...users.map((user) => accountOn('good', user)),
    ],
    count: 1,
  });
  await until(async () => finished(daemons, users));
  // Of the 32 that it has in hand at most, the good server could have two.
  const inHand =
    "SELECT count(*) FROM mothball_queue.job WHERE name = 'accounts/silent' AND state = 'active'";
  await until(async () => (await postgres.sql('silent', inHand)).trim() === '30');
  // All that a replica has in hand of the silent one are still waiting for its first word.
  assert.ok(sockets.size >= 10, `${sockets.size} connections`);
  const [first] = sockets;
  assert.equal(first?.destroyed, false);
  const failures = linesOf(
    daemons,
    ({ server, message }) => server === 'silent' && /fail|down/.test(message),
  );
  assert.deepEqual(failures, []);
  // What an autoscaler looks at: those that no replica has in hand, and whatever else waits.
  const [only] = daemons;
  assert.ok(only !== undefined);
  await until(async () => {
    const { text } = await only.get('/metrics');
    return (series(text, 'mothball_jobs{state="queued"}') ?? 0) >= silentUsers.length - 30;
  });
});
