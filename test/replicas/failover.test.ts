import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { startDaemonProcess, until } from '../integration/daemon.ts';
import { describe, makeSite, policy } from '../integration/installation.ts';
import { readArchives } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type Postgres, startPostgres } from '../servers/postgres.ts';

const user = 'alice@example.com';

/** A database with a standby that has all it acknowledged, behind an address that moves. */
async function databasePair(t: TestContext): Promise<{
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly url: string;
  /** The standby takes over. */
  promote(): Promise<void>;
}> {
  const primary = await startPostgres({ settings: { wal_level: 'replica', max_wal_senders: '4' } });
  t.after(() => primary[Symbol.asyncDispose]());
  await primary.database('catalog');
  const standby = await startPostgres({ standbyOf: primary });
  t.after(() => standby[Symbol.asyncDispose]());
  await primary.sql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.sql('postgres', 'SELECT pg_reload_conf()');
  // The place that the configuration names.
  const place = await mkdtemp(join(tmpdir(), 'mothball-place-'));
  t.after(() => rm(place, { recursive: true }));
  const current = join(place, 'current');
  await symlink(primary.directory, current);
  return {
    primary,
    standby,
    url: `postgres://${primary.user}@${encodeURIComponent(current)}:${primary.port}/catalog`,
    async promote() {
      await unlink(current);
      await symlink(standby.directory, current);
      await standby.promote();
    },
  };
}

test('while the database fails over in mid-run nothing is deleted, and nothing is lost or doubled', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const { primary, url, promote } = await databasePair(t);
  await seedUser(dovecot, user, [
    ...Array.from({ length: 60 }, (_, index) => note(`old ${index}`, 500 + index, { size: 4000 })),
    note('young', 3),
  ]);
  const full = await snapshot(dovecot, user);
  const selected = selectByRule(full, { olderThanDays: 365 }, new Date());

  let away = false;
  const changes: string[] = [];
  let reached = (): void => undefined;
  const fetching = new Promise<void>((resolve) => (reached = resolve));
  const proxy = await startProxy(dovecot, {
    async onCommand({ name, rest }): Promise<'pass'> {
      if (name === 'UID FETCH' && rest.includes('BODY.PEEK[]')) reached();
      if (away && /^UID (?:STORE|EXPUNGE|MOVE)/.test(name)) changes.push(`${name} ${rest}`);
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365)],
    extra: { database: url },
  });
  t.after(() => site.remove());
  const running = site.runProcess(['run', '--yes']);
  await fetching;
  await primary.kill();
  away = true;
  await sleep(7000);
  assert.deepEqual(changes, [], 'nothing is changed on the mail server while the database is away');
  assertNothingLost(full, await snapshot(dovecot, user), site.archives(), selected);
  away = false;
  await promote();
  const first = await running;
  t.diagnostic(`the run that met the failover ended with ${first.code}`);
  // What nobody can say is settled by the next run; a lease of the old one may have to run out first.
  await until(async () => {
    const again = await site.run(['run', '--yes']);
    assert.ok(again.code === 0 || again.code === 11, describe(again));
    return again.code === 0;
  });
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
  const copies = site.archives().flatMap(({ messages }) => messages.map(({ sha256 }) => sha256));
  assert.deepEqual(copies.toSorted(), selected.map(({ sha256 }) => sha256).toSorted());
});

test('replicas whose database fails over in mid-run continue, and each account is done once', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const { primary, standby, url, promote } = await databasePair(t);
  const users = Array.from({ length: 6 }, (_, index) => `user${index}@example.com`);
  const mail = [
    ...Array.from({ length: 30 }, (_, index) => note(`old ${index}`, 500 + index, { size: 4000 })),
    note('young', 3),
  ];
  for (const one of users) await seedUser(dovecot, one, mail);
  const full = await Promise.all(users.map((one) => snapshot(dovecot, one)));
  let reached = (): void => undefined;
  const fetching = new Promise<void>((resolve) => (reached = resolve));
  const proxy = await startProxy(dovecot, {
    onCommand({ name, rest }) {
      if (name === 'UID FETCH' && rest.includes('BODY.PEEK[]')) reached();
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const archivePath = await mkdtemp(join(tmpdir(), 'mothball-shared-'));
  t.after(() => rm(archivePath, { recursive: true, force: true }));
  const wish = {
    server: { port: proxy.port, maxConnections: 2 },
    users,
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    archivePath,
    extra: { database: url, http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } },
  };
  const sites = await Promise.all([makeSite(wish), makeSite(wish)]);
  for (const site of sites) t.after(() => site.remove());
  const [first] = sites;
  assert.ok(first !== undefined);
  assert.equal(await (await startDaemonProcess(first)).stop(), 143);
  await primary.sql('catalog', `UPDATE schedules SET since = since - ${500 * 86_400_000}::bigint`);
  const daemons = await Promise.all(sites.map((site) => startDaemonProcess(site)));
  for (const daemon of daemons) t.after(() => daemon.kill('SIGKILL'));
  await fetching;
  await primary.kill();
  await sleep(5000);
  await promote();
  const promoted = performance.now();
  const done = "SELECT count(DISTINCT account) FROM runs WHERE result = 'success'";
  await until(async () => Number(await standby.sql('catalog', done)) === users.length);
  t.diagnostic(`all done ${((performance.now() - promoted) / 1000).toFixed(1)} s after the take-over`);
  for (const one of full) {
    const own = readArchives(archivePath).filter(({ head }) => head.account === one.user);
    const selected = selectByRule(one, { olderThanDays: 365 }, new Date());
    assertExactlyGone(one, await snapshot(dovecot, one.user), own, selected);
    const copies = own.flatMap(({ messages }) => messages.map(({ sha256 }) => sha256));
    assert.deepEqual(copies.toSorted(), selected.map(({ sha256 }) => sha256).toSorted(), one.user);
  }
  assert.deepEqual(await Promise.all(daemons.map((daemon) => daemon.stop())), [143, 143]);
});
