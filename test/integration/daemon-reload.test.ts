import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertNothingLost, gone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, series, startDaemon, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

const user = 'alice@example.com';
const extra = { http: { listen: '127.0.0.1:0' } };
const success = 'mothball_config_last_reload_success';
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('a broken file keeps the old configuration, and says where; a mended one is taken', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('first', 365, { schedule: '0 0 1 1 *' })],
    extra,
  });
  t.after(() => site.remove());
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  const metric = async (name: string): Promise<number | null> =>
    series((await daemon.get('/metrics')).text, name);
  assert.equal(await metric(success), 1);

  await writeFile(join(site.dir, 'policies.yaml'), 'version: 1\npolicies:\n  - nmae: first\n');
  await daemon.line(/^the configuration was not loaded: .*policies\.yaml:3:5: .*nmae/);
  await until(async () => (await metric(success)) === 0);
  assert.equal((await daemon.get('/readyz')).status, 200);
  assert.notEqual(await metric('mothball_policy_created_timestamp_seconds{policy="first"}'), null);
  const status = await site.run(['status', '--config', join(site.dir, 'mothball.yaml')]);
  assert.equal(status.code, 2, 'the command itself reads the broken file');

  await site.configure({
    policies: ['first', 'second'].map((name) => policy(name, 365, { schedule: '0 0 1 1 *' })),
  });
  await daemon.line(({ message: text, policies }) => text === 'configuration loaded' && policies === 2);
  assert.equal(await metric(success), 1);
  assert.notEqual(await metric('mothball_policy_created_timestamp_seconds{policy="second"}'), null);

  // SIGHUP asks for it, changed or not.
  const loads = (): number => daemon.lines.filter((line) => line.message === 'configuration loaded').length;
  const had = loads();
  daemon.hangUp();
  await until(async () => loads() > had);
  assert.equal(await daemon.stop(), 143);
});

test('a hold added in mid-run stops the run at a safe point, and the held mail stays', async (t) => {
  const name = 'held@example.com';
  await seedUser(dovecot, name, [note('one', 500), note('rival', 600, { from: 'spy@rival.example' })]);
  const full = await snapshot(dovecot, name);
  let reached = (): void => {};
  const inside = new Promise<void>((resolve) => (reached = resolve));
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const proxy = await startProxy(dovecot, {
    async onCommand({ name: command, rest }): Promise<'pass'> {
      if (command !== 'UID FETCH' || !rest.includes('BODY.PEEK[]')) return 'pass';
      reached();
      await released;
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [name],
    policies: [policy('old', 365, { schedule: '0 0 1 * *' })],
  });
  t.after(() => site.remove());
  await afterDowntime(site, 24 * 40);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await inside;
  await site.configure({ holds: [{ name: 'case', match: { from: '*@rival.example' } }] });
  await daemon.line(/^configuration loaded$/);
  release();
  await daemon.line(/^old: interrupted/);
  await daemon.line(/^old: success/);
  assert.equal(await daemon.stop(), 143);
  const now = await snapshot(dovecot, name);
  assertNothingLost(full, now, site.archives(), full.messages);
  assert.deepEqual(
    gone(full, now).map(({ subject }) => subject),
    ['one'],
  );
});

test('a mounted secret that is swapped as Kubernetes does it is read again', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    accounts: [{ user, server: 'main', passwordFile: './mount/password' }],
    policies: [policy('old', 365)],
    extra,
  });
  t.after(() => site.remove());
  const mount = join(site.dir, 'mount');
  const put = async (version: string, secret: string): Promise<void> => {
    await mkdir(join(mount, version), { recursive: true });
    await writeFile(join(mount, version, 'password'), secret, { mode: 0o600 });
    await symlink(version, join(mount, '..data_tmp'));
    await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  await put('..v1', 'wrong');
  await symlink('..data/password', join(mount, 'password'));
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(({ code }) => code === 'auth');
  const accounts = async (state: string): Promise<number | null> =>
    series((await daemon.get('/metrics')).text, `mothball_accounts{server="main",state="${state}"}`);
  await until(async () => (await accounts('failed')) === 1);

  await put('..v2', 'secret');
  await daemon.line(/^configuration loaded$/);
  await until(async () => (await accounts('ok')) === 1);
  const said = daemon.lines.map((line) => JSON.stringify(line)).join('\n');
  assert.ok(!said.includes('wrong'), 'a password is in the log');
  assert.equal(await daemon.stop(), 143);
});
