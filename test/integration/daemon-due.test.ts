import assert from 'node:assert/strict';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, series, startDaemon, startDaemonProcess, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

const users = ['alice@example.com', 'bob@example.com'];
const old = [note('one', 500), note('two', 600)];
const extra = { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } };

interface StatusDocument {
  readonly daemons: readonly { readonly pid: number }[];
  readonly policies: readonly {
    readonly policy: string;
    readonly next: string | null;
    readonly last: { readonly result: string | null } | null;
  }[];
}

test('what became due in a downtime is caught up with, two accounts side by side, each once', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  for (const user of users) await seedUser(dovecot, user, [...old, note('young', 3)]);
  const before = await Promise.all(users.map((user) => snapshot(dovecot, user)));
  // Neither goes on before both are in the middle of their work.
  const fetching = new Set<number>();
  let both = (): void => {};
  const together = new Promise<void>((resolve) => (both = resolve));
  const proxy = await startProxy(dovecot, {
    async onCommand({ name, rest, connection }): Promise<'pass'> {
      if (name !== 'UID FETCH' || !rest.includes('BODY.PEEK[]')) return 'pass';
      fetching.add(connection);
      if (fetching.size === 2) both();
      await together;
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users,
    // Every hour: whenever this test runs, several were missed and none comes in the next seconds.
    policies: [policy('old', 365, { schedule: `${(new Date().getUTCMinutes() + 30) % 60} * * * *` })],
    extra,
  });
  t.after(() => site.remove());
  await afterDowntime(site, 30);

  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  for (const user of users)
    await daemon.line(({ message, account }) => account === user && message.startsWith('old: success'));
  for (const full of before) {
    const selected = full.messages.filter(({ subject }) => subject !== 'young');
    assertExactlyGone(full, await snapshot(dovecot, full.user), site.archives(), selected);
  }
  const { daemons, policies } = await site.json<StatusDocument>(['status']);
  assert.deepEqual(
    daemons.map(({ pid }) => pid),
    [process.pid],
  );
  assert.equal(policies[0]?.last?.result, 'success');
  assert.ok(Date.parse(policies[0]?.next ?? '') > Date.now());

  const { text } = await daemon.get('/metrics');
  assert.equal(series(text, 'mothball_policy_runs_total{policy="old",result="success"}'), 2);
  assert.equal(series(text, 'mothball_leader'), 1);
  assert.equal((await daemon.get('/readyz')).status, 200);
  await until(async () => {
    const scraped = await daemon.get('/metrics');
    return series(scraped.text, 'mothball_archive_verifications_total{store="local",result="ok"}') === 2;
  });
  assert.equal(await daemon.stop(), 143);

  // Caught up with once: the next start finds nothing due.
  const again = await startDaemon(site);
  await again.get('/readyz');
  assert.equal(await again.stop(), 143);
  assert.deepEqual(
    again.lines.filter(({ message }) => message.includes('archiving') || message.startsWith('old:')),
    [],
  );
  const status = await site.run(['status']);
  assert.match(status.stdout, /no daemon is running/);
});

test('of two daemons on one database each account is worked on by one, and put off by the other', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const [user = ''] = users;
  await seedUser(dovecot, user, old);
  const full = await snapshot(dovecot, user);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const proxy = await startProxy(dovecot, {
    async onCommand({ name, rest }): Promise<'pass'> {
      if (name === 'UID FETCH' && rest.includes('BODY.PEEK[]')) await released;
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365, { schedule: '0 0 1 * *' })],
  });
  t.after(() => site.remove());
  await afterDowntime(site, 24 * 40);

  const daemons = await Promise.all([startDaemonProcess(site), startDaemonProcess(site)]);
  t.after(() => Promise.all(daemons.map((daemon) => daemon.stop())));
  const isBusy = ({ message }: { readonly message: string }): boolean => message.includes('archiving');
  const worker = await Promise.race(daemons.map(async (daemon) => (await daemon.line(isBusy), daemon)));
  const other = daemons.find((daemon) => daemon !== worker);
  assert.ok(other);
  await until(async () => {
    const { held } = await site.json<{
      readonly held: { readonly postponed: readonly { readonly reason: string }[] };
    }>(['status']);
    return held.postponed.some(({ reason }) => reason.startsWith('locked'));
  });
  release();
  await worker.line(/^old: success/);
  // It comes back to the account, and finds that nothing is due any more.
  await until(async () => {
    const { held } = await site.json<{ readonly held: { readonly postponed: readonly unknown[] } }>([
      'status',
    ]);
    return held.postponed.length === 0;
  });
  assert.deepEqual(
    other.lines.filter(({ level }) => level === 'error'),
    [],
  );
  assert.ok(!other.lines.some(isBusy));
  const archives = site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, full.messages);
  assert.equal(archives.length, 1);
});
