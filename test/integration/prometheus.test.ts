import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { type Alert, startPrometheus } from '../servers/prometheus.ts';
import { startDaemon, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

const rulesFile = join(import.meta.dirname, '../../helm/rules/mothball.rules.yaml');
const full = 'full@example.com';
const easy = 'easy@example.com';

test('Prometheus fires for the mailbox that is over 95 %, and stops when the daemon has drained it', async (t) => {
  const dovecot = await startDovecot({ quotaBytes: 200 * 1024 });
  t.after(() => dovecot.stop());
  const mail = (count: number): ReturnType<typeof note>[] =>
    Array.from({ length: count }, (_, index) => note(`old ${index}`, 500 + index, { size: 19_500 }));
  await seedUser(dovecot, full, mail(10));
  await seedUser(dovecot, easy, mail(3));
  const target = await freePort();
  const drain = { schedule: '15 2 * * *', when: { quotaAbove: '90%' }, drainTo: '60%', delete: {} };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [full, easy],
    policies: [policy('drain', 30, drain)],
    extra: { http: { listen: `127.0.0.1:${target}` }, daemon: { jitter: '1s' } },
  });
  t.after(() => site.remove());
  // Nobody waits here for what bridges scans that swing around the threshold.
  const quick = join(site.dir, 'rules.yaml');
  const rules = readFileSync(rulesFile, 'utf8').replaceAll(/keep_firing_for: \w+/g, 'keep_firing_for: 5s');
  writeFileSync(quick, rules);
  const prometheus = await startPrometheus({ target, rulesFile: quick });
  t.after(() => prometheus.stop());
  const critical = async (): Promise<readonly Alert[]> =>
    (await prometheus.alerts()).filter(({ labels }) => labels['alertname'] === 'MothballQuotaCritical');

  let daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await until(async () => (await critical()).length > 0);
  const alerts = await critical();
  assert.deepEqual(
    alerts.map(({ state, labels }) => [state, labels['account']]),
    [['firing', full]],
  );
  assert.match(
    alerts[0]?.annotations['summary'] ?? '',
    /^The mailbox of full@example\.com is 9\d\.?\d*% full$/,
  );
  assert.deepEqual(await prometheus.query('up'), [1]);
  assert.equal((await prometheus.scrape()).lastError, '');

  // As if the daemon had been down when the drain was due: it catches up.
  await daemon.stop();
  {
    using database = new DatabaseSync(site.database);
    database.exec('UPDATE schedules SET since = since - 86400000');
  }
  daemon = await startDaemon(site);
  const ratio = 'mothball_account_quota_used_bytes / mothball_account_quota_limit_bytes';
  await until(async () => {
    const [used = 1] = await prometheus.query(
      `${ratio} and on (account) mothball_account_quota_used_bytes{account="${full}"}`,
    );
    const [runs = 0] = await prometheus.query('mothball_policy_runs_total{result="success"} > 1');
    return used < 0.6 && runs === 2 && (await critical()).length === 0;
  });
  assert.deepEqual(await prometheus.query('mothball_policy_last_run_success'), [1]);
  assert.equal((await prometheus.scrape()).health, 'up');
  assert.equal(await daemon.stop(), 143);
});
