import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type ProxiedCommand, type ProxyRules, startProxy } from '../fault/imap-proxy.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, series, startDaemon, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const extra = { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } };
/** As a server that is restarted: it takes no connection. */
const down: ProxyRules = { onResponse: () => 'cut' };
const up = series;

/** The response of AUTHENTICATE PLAIN that names this user. */
function isLoginOf(user: string, { name, text }: ProxiedCommand): boolean {
  // In the command itself (SASL-IR) or, where that is not offered, after it.
  if (name !== '' && name.toUpperCase() !== 'AUTHENTICATE') return false;
  const response = text.trim().split(' ').at(-1) ?? '';
  return Buffer.from(response, 'base64').toString().includes(user);
}

test('one hanging login among 20 is the failure of that account, and the server stays up', async (t) => {
  const users = Array.from({ length: 20 }, (_, index) => `user${index}@example.com`);
  for (const user of users) await seedUser(dovecot, user, [note('young', 3)]);
  const proxy = await startProxy(dovecot, {
    onCommand: (command) => (isLoginOf('user7@', command) ? 'swallow' : 'pass'),
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port, connectTimeout: '1s', connectAttempts: 1 },
    users,
    policies: [],
    extra: { ...extra, scan: { schedule: '* * * * *', folders: 'off' } },
  });
  t.after(() => site.remove());
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  const seen: (number | null)[] = [];
  let failed: number | null = 0;
  const look = async (): Promise<void> => {
    const { text } = await daemon.get('/metrics');
    seen.push(series(text, 'mothball_server_up{server="main"}'));
    failed = series(text, 'mothball_accounts{server="main",state="failed"}');
  };
  await until(async () => {
    await look();
    return failed === 1;
  });
  // Through a second round of scans, in which it is the last one again.
  for (let second = 0; second < 70; second += 1) {
    await look();
    await sleep(1_000);
  }
  assert.equal(failed, 1);
  assert.deepEqual(new Set(seen.slice(seen.findIndex((value) => value !== null))), new Set([1]));
  assert.ok(!daemon.lines.some(({ message }) => message.includes('is down')));
});

test('a server that is down for 25 s at the time of a run costs that run a minute', async (t) => {
  const users = ['restart@example.com', 'other@example.com'];
  for (const user of users) await seedUser(dovecot, user, [note('old', 500)]);
  const proxy = await startProxy(dovecot, {});
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users,
    policies: [policy('old', 365, { schedule: `${(new Date().getUTCMinutes() + 30) % 60} * * * *` })],
    extra,
  });
  t.after(() => site.remove());
  await afterDowntime(site, 30);
  proxy.rules = down;
  const connections = proxy.connections;
  const began = performance.now();
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(/^server "main" is down, and its accounts wait: /);
  assert.equal(up((await daemon.get('/metrics')).text, 'mothball_server_up{server="main"}'), 0);
  await sleep(25_000 - (performance.now() - began));
  assert.ok(proxy.connections - connections < 20, `${proxy.connections - connections} connections`);
  proxy.rules = {};
  for (const user of users)
    await daemon.line(({ message, account }) => account === user && message.startsWith('old: success'));
  assert.ok(performance.now() - began < 60_000, 'within a minute');
  await daemon.line(/^server "main" is up again after \d+ s$/);
  const metrics = await daemon.get('/metrics');
  assert.equal(up(metrics.text, 'mothball_server_up{server="main"}'), 1);
  await until(
    async () =>
      series((await daemon.get('/metrics')).text, 'mothball_policy_last_run_success{policy="old"}') === 1,
  );
  assert.equal(daemon.lines.filter(({ message }) => /is down|is up again/.test(message)).length, 2);
  assert.ok(!daemon.lines.some(({ message }) => message.includes('attempt 1 of')), 'tries are not logged');
});

test('one missing secret is the failure of its account, at the start and at a reload; validate refuses it', async (t) => {
  const users = ['rich@example.com', 'poor@example.com'];
  // The same before and after: a schedule that changed is due from then on only.
  const schedule = `${(new Date().getUTCMinutes() + 30) % 60} * * * *`;
  for (const user of users) await seedUser(dovecot, user, [note('old', 500)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    accounts: [
      { user: users[0], server: 'main', passwordFile: './password' },
      { user: users[1], server: 'main', passwordFile: './poor' },
    ],
    policies: [policy('old', 365, { schedule })],
    extra,
  });
  t.after(() => site.remove());
  assert.equal((await site.run(['validate'])).code, 2);
  await afterDowntime(site, 30);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(({ level, message }) => level === 'warn' && /poor.* does not exist/.test(message));
  await daemon.line(({ message, account }) => account === users[0] && message.startsWith('old: success'));
  await daemon.line(({ message, account }) => account === users[1] && message.startsWith('old: failed'));
  const { text } = await daemon.get('/metrics');
  assert.equal(series(text, 'mothball_server_up{server="main"}'), 1);

  // A reload with the same fault is taken, and so is the secret when it comes.
  const changed = [policy('old', 300, { schedule })];
  await site.configure({ policies: changed });
  await daemon.line(/^configuration loaded$/);
  await rename(join(site.dir, 'password'), join(site.dir, 'poor'));
  await daemon.line(({ message, account }) => account === users[1] && message.startsWith('old: success'));
  assert.equal(await daemon.stop(), 143);
});
