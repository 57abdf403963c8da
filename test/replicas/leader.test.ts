import assert from 'node:assert/strict';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type DaemonProcess, series, startDaemonProcess, until } from '../integration/daemon.ts';
import { makeSite } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startPostgres } from '../servers/postgres.ts';

const user = 'alice@example.com';

test('when the leader is killed another replica leads within 30 seconds, scans, and exports the accounts', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  await using postgres = await startPostgres();
  await seedUser(dovecot, user, [note('young', 3)]);
  const wish = {
    server: { port: dovecot.port },
    users: [user],
    policies: [],
    extra: {
      database: await postgres.database('catalog'),
      http: { listen: '127.0.0.1:0' },
      daemon: { jitter: '1s' },
      scan: { schedule: '* * * * *', folders: 'off' },
    },
  };
  const sites = await Promise.all([makeSite(wish), makeSite(wish)]);
  for (const site of sites) t.after(() => site.remove());
  const daemons = await Promise.all(sites.map((site) => startDaemonProcess(site)));
  for (const daemon of daemons) t.after(() => daemon.kill('SIGKILL'));
  const metricsOf = async (daemon: DaemonProcess): Promise<string> => (await daemon.get('/metrics')).text;
  const leads = (text: string): boolean => series(text, 'mothball_leader') === 1;
  const exported = (text: string): boolean => text.includes(`account="${user}"`);

  let texts: readonly string[] = [];
  await until(async () => {
    texts = await Promise.all(daemons.map(metricsOf));
    return texts.some((text) => leads(text) && exported(text));
  });
  assert.equal(texts.filter(leads).length, 1);
  assert.equal(texts.filter(exported).length, 1, 'the other one exports no account');
  const leader = daemons[texts.findIndex(leads)];
  const other = daemons[texts.findIndex((text) => !leads(text))];
  assert.ok(leader !== undefined && other !== undefined);

  leader.kill('SIGKILL');
  const killed = performance.now();
  await until(async () => leads(await metricsOf(other)));
  const seconds = (performance.now() - killed) / 1000;
  t.diagnostic(`the other one leads after ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 30, `${seconds} s`);
  await until(async () => exported(await metricsOf(other)));
  const scanned = async (): Promise<string> => await postgres.sql('catalog', 'SELECT max(at) FROM scans');
  const before = await scanned();
  await until(async () => (await scanned()) > before);
  assert.equal(await other.stop(), 143);
});
