import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { smallDisk } from '../fault/small-disk.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, type Daemon, series, startDaemon, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const extra = { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } };

async function storeUp(daemon: Daemon): Promise<number | null> {
  return series((await daemon.get('/metrics')).text, 'mothball_store_up{store="local"}');
}

function hourly() {
  return [policy('old', 365, { schedule: `${(new Date().getUTCMinutes() + 30) % 60} * * * *` })];
}

test('a store on tmpfs is disabled: store_up is 0, and one line of the log says so', async (t) => {
  const user = 'tmpfs@example.com';
  await seedUser(dovecot, user, [note('old', 500)]);
  const disk = smallDisk(t, '8m');
  const path = join(disk.path, 'archive');
  const stores = { local: { type: 'local', path } };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: hourly(),
    extra: { ...extra, stores },
  });
  t.after(() => site.remove());
  await afterDowntime(site, 30);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(/^store "local" is disabled: .*may not survive a restart/);
  await until(async () => (await storeUp(daemon)) === 0);
  assert.equal(daemon.lines.filter(({ message }) => message.startsWith('store "local" is')).length, 1);
  const page = await daemon.get('/api/v1/status');
  assert.match(page.text, /may not survive a restart/);
});

test('a store that is full has store_up 0 until a run could write again', async (t) => {
  const user = 'full@example.com';
  await seedUser(dovecot, user, [note('old', 500)]);
  const disk = smallDisk(t, '8m');
  const path = join(disk.path, 'archive');
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: hourly(),
    extra: { ...extra, stores: { local: { type: 'local', path, ephemeral: true } } },
  });
  t.after(() => site.remove());
  await afterDowntime(site, 30);
  disk.fill();
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(/^store "local" is disabled: .*ENOSPC/);
  assert.equal(await storeUp(daemon), 0);
  disk.free();
  await daemon.line(({ message }) => message.startsWith('old: success'));
  await until(async () => (await storeUp(daemon)) === 1);
});
