import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type ProxiedCommand, startProxy } from '../fault/imap-proxy.ts';
import { type DaemonProcess, startDaemonProcess, until } from '../integration/daemon.ts';
import { describe, makeSite, policy, type Site } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startPostgres } from '../servers/postgres.ts';

const changes = /^UID (?:STORE|EXPUNGE|MOVE)|^(?:APPEND|EXPUNGE|CLOSE)/;

/** What a replica knows of its lease counts for 5 seconds; the lease itself lasts for 20. */
const knownMs = 5_000;

/** A replica for which the account is due. */
async function startDue(
  t: TestContext,
  site: Site,
  sql: (text: string) => Promise<string>,
): Promise<DaemonProcess> {
  const maker = await startDaemonProcess(site);
  assert.equal(await maker.stop(), 143);
  await sql(`UPDATE schedules SET since = since - ${500 * 86_400_000}::bigint`);
  const daemon = await startDaemonProcess(site);
  t.after(() => daemon.kill('SIGKILL'));
  return daemon;
}

for (const { moment, at } of [
  {
    moment: 'in mid-archive',
    at: ({ name, rest }: ProxiedCommand) => name === 'UID FETCH' && rest.includes('BODY.PEEK[]'),
  },
  {
    moment: 'when it has marked mail and not expunged it',
    at: ({ name }: ProxiedCommand) => name === 'UID STORE',
  },
])
  test(`a replica frozen ${moment} wakes after another took over: it changes nothing, and its connection ends`, async (t) => {
    const dovecot = await startDovecot();
    t.after(() => dovecot.stop());
    await using postgres = await startPostgres();
    const database = await postgres.database('catalog');
    const sql = (text: string): Promise<string> => postgres.sql('catalog', text);
    const user = 'alice@example.com';
    await seedUser(dovecot, user, [
      ...Array.from({ length: 40 }, (_, index) => note(`old ${index}`, 500 + index, { size: 20_000 })),
      note('young', 3),
    ]);
    const full = await snapshot(dovecot, user);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    let frozen: DaemonProcess | null = null;
    let held = 0;
    let reached = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (reached = resolve));
    const proxy = await startProxy(dovecot, {
      onCommand(command) {
        if (held === 0 && frozen !== null && at(command)) {
          held = command.connection;
          frozen.kill('SIGSTOP');
          reached();
        }
        return 'pass';
      },
    });
    t.after(() => proxy.stop());
    // One connection for all: the successor gets that of the frozen one.
    const site = await makeSite({
      server: { port: proxy.port, maxConnections: 1 },
      users: [user],
      policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
      extra: { database, http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } },
    });
    t.after(() => site.remove());
    frozen = await startDue(t, site, sql);
    await stopped;
    const since = performance.now();
    // As if its 20 seconds were over.
    await until(async () => (await sql('UPDATE leases SET expires = 0 RETURNING 1')) !== '');
    const second = await site.runProcess(['run', '--yes']);
    assert.equal(second.code, 0, describe(second));
    const left = await snapshot(dovecot, user);
    assertExactlyGone(full, left, site.archives(), selected);
    const files = findFiles(site.archiveDir, '');
    const acted = await sql('SELECT count(*), sum(acted) FROM runs WHERE acted = 1');
    const before = proxy.commands.length;

    // Here the successor needed no 20 seconds; on a quick machine not even those 5.
    await sleep(Math.max(0, since + knownMs + 500 - performance.now()));
    frozen.kill('SIGCONT');
    await until(async () => !proxy.open.has(held));
    await frozen.line(/was taken over by another mothball process/);
    await sleep(1500);
    const sent = proxy.commands.slice(before).filter(({ name }) => changes.test(name));
    assert.deepEqual(sent, [], 'by nobody: the successor is done');
    assert.deepEqual(await snapshot(dovecot, user), left);
    assert.deepEqual(findFiles(site.archiveDir, ''), files);
    assert.equal(await sql('SELECT count(*), sum(acted) FROM runs WHERE acted = 1'), acted);
    assert.equal(await frozen.stop(), 143);
  });
