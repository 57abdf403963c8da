import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { until } from '../integration/daemon.ts';
import { describe, makeSite, policy } from '../integration/installation.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startPostgres } from '../servers/postgres.ts';

const user = 'alice@example.com';

test('while the database fails over in mid-run nothing is deleted, and nothing is lost or doubled', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  await using primary = await startPostgres({ settings: { wal_level: 'replica', max_wal_senders: '4' } });
  await primary.database('catalog');
  await using standby = await startPostgres({ standbyOf: primary });
  await primary.sql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.sql('postgres', 'SELECT pg_reload_conf()');
  // The place that the configuration names, like an address that moves.
  const place = await mkdtemp(join(tmpdir(), 'mothball-place-'));
  t.after(() => rm(place, { recursive: true }));
  const current = join(place, 'current');
  await symlink(primary.directory, current);
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
    extra: { database: `postgres://${primary.user}@${encodeURIComponent(current)}:${primary.port}/catalog` },
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
  await unlink(current);
  await symlink(standby.directory, current);
  await standby.promote();
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
