import assert from 'node:assert/strict';
import test from 'node:test';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, startDaemon, startDaemonProcess } from './daemon.ts';
import { makeSite, policy, type Site } from './installation.ts';

const monthly = policy('old', 365, { schedule: '0 0 1 * *' });

async function seeded(dovecot: Dovecot, user: string): Promise<void> {
  const wish = { seed: 71, count: 40, ages: { from: 400, to: 900 }, flags: {}, meanSize: 4_000 };
  await seedUser(dovecot, user, mailbox({ ...wish, folders: ['INBOX', 'Lists'] }));
}

async function overdue(site: Site): Promise<void> {
  await afterDowntime(site, 24 * 40);
}

const stops = [
  { signal: 'SIGTERM', code: 143, at: 'UID FETCH' },
  { signal: 'SIGINT', code: 130, at: 'UID STORE' },
] as const;

test('a signal in mid-work drains the daemon, and its next start finishes with nothing lost', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  for (const { signal, code, at } of stops) {
    const user = `${signal.toLowerCase()}@example.com`;
    await seeded(dovecot, user);
    const full = await snapshot(dovecot, user);
    let kill = (): void => {};
    let sent = false;
    const proxy = await startProxy(dovecot, {
      onCommand({ name, rest }) {
        if (sent || name !== at || (at === 'UID FETCH' && !rest.includes('BODY.PEEK[]'))) return 'pass';
        sent = true;
        kill();
        return 'pass';
      },
    });
    t.after(() => proxy.stop());
    const site = await makeSite({ server: { port: proxy.port }, users: [user], policies: [monthly] });
    t.after(() => site.remove());
    await overdue(site);

    const daemon = await startDaemonProcess(site);
    kill = () => daemon.kill(signal);
    assert.equal(await daemon.ended, code, `${signal} at ${at}`);
    assert.ok(sent);
    assert.equal(daemon.lines.at(-1)?.message, 'stopped');
    assertNothingLost(full, await snapshot(dovecot, user), site.archives(), full.messages);

    const next = await startDaemon(site);
    await next.line(/^old: success/);
    assert.equal(await next.stop(), 143);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
    const archived = site.archives().flatMap(({ messages }) => messages);
    assert.equal(archived.length, full.messages.length, 'each message is archived once');
  }
});

test('a server that has fallen silent does not hold the daemon beyond its grace', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'silent@example.com';
  await seeded(dovecot, user);
  const full = await snapshot(dovecot, user);
  let silent = (): void => {};
  const fallen = new Promise<void>((resolve) => (silent = resolve));
  const proxy = await startProxy(dovecot, {
    onCommand({ name, rest }) {
      if (name !== 'UID FETCH' || !rest.includes('BODY.PEEK[]')) return 'pass';
      silent();
      return 'swallow';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({ server: { port: proxy.port }, users: [user], policies: [monthly] });
  t.after(() => site.remove());
  await overdue(site);

  const daemon = await startDaemonProcess(site, { args: ['--grace', '2s'] });
  t.after(() => daemon.kill('SIGKILL'));
  await fallen;
  // The command's own deadline is two minutes; only the grace can end this in the test's time.
  assert.equal(await daemon.stop(), 143);
  assert.match(daemon.lines.at(-1)?.message ?? '', /the next start settles what is open/);
  proxy.rules = {};
  const next = await startDaemon(site);
  await next.line(/^old: success/);
  assert.equal(await next.stop(), 143);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
});
