import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Sample, samplesOf, valueOf } from '../oracle/exposition.ts';
import { promtool } from '../oracle/promtool.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site, type SiteWish } from './installation.ts';

const limitBytes = 50_000 * 1_024;
const command = ['run', '--yes', '--metrics-file', 'mothball.prom'];
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: limitBytes });
});

after(() => dovecot.stop());

/** A user with so many old messages and one young, and a site that looks after it. */
async function siteOf(
  t: TestContext,
  user: string,
  old: number,
  wish: Partial<SiteWish> = {},
): Promise<Site> {
  const mail = Array.from({ length: old }, (_, index) => note(`old ${index}`, 500 + index, { size: 4_000 }));
  await seedUser(dovecot, user, [...mail, note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port, connectAttempts: 1 },
    users: [user],
    policies: [policy('old', 365, { schedule: '15 2 * * *' })],
    ...wish,
  });
  t.after(() => site.remove());
  return site;
}

function written(site: Site): readonly Sample[] {
  return samplesOf(readFileSync(join(site.dir, 'mothball.prom'), 'utf8'));
}

test('a run writes a file that node_exporter can read, with what it did', async (t) => {
  const user = 'filed@example.com';
  const site = await siteOf(t, user, 5);
  const earliest = Date.now() / 1000;
  assertExit(await site.run(command), 0);
  const file = join(site.dir, 'mothball.prom');
  assert.equal(statSync(file).mode & 0o777, 0o644);
  assert.deepEqual(
    readdirSync(site.dir).filter((name) => name.includes('prom')),
    ['mothball.prom'],
  );
  await promtool(['check', 'metrics'], readFileSync(file, 'utf8'));
  const samples = written(site);
  const value = (name: string, labels: Record<string, string> = {}): number | null =>
    valueOf(samples, `mothball_${name}`, labels);
  assert.equal(value('archived_messages_total', { policy: 'old' }), 5);
  assert.equal(value('deleted_messages_total', { policy: 'old' }), 5);
  assert.ok((value('deleted_bytes_total') ?? 0) >= 5 * 4_000);
  assert.equal(value('policy_runs_total', { policy: 'old', result: 'success' }), 1);
  assert.equal(value('policy_runs_total', { policy: 'old', result: 'failed' }), 0);
  assert.equal(value('policy_run_duration_seconds_count', { policy: 'old' }), 1);
  assert.equal(value('policy_last_run_success', { policy: 'old' }), 1);
  assert.equal(value('policy_expected_interval_seconds', { policy: 'old' }), 86_400);
  assert.equal(value('policy_limit_exceeded', { policy: 'old', limit: 'maxPercent' }), 0);
  assert.equal(value('pending_delete_messages', { policy: 'old' }), 0);
  assert.equal(value('archive_verifications_total', { store: 'local', result: 'ok' }), 1);
  assert.equal(value('server_up', { server: 'main' }), 1);
  assert.equal(value('store_up', { store: 'local' }), 1);
  assert.equal(value('config_last_reload_success'), 1);
  for (const name of ['policy_last_success_timestamp_seconds', 'policy_created_timestamp_seconds']) {
    const at = value(name) ?? 0;
    assert.ok(at >= earliest && at <= Date.now() / 1000, `${name} ${at}`);
  }
  const left = (await snapshot(dovecot, user)).messages;
  assert.equal(left.length, 1);
  assert.equal(value('account_quota_limit_bytes', { server: 'main', account: user }), limitBytes);
  // After the deletion: one short message is left, in units of 1024 octets.
  assert.equal(value('account_quota_used_bytes', { server: 'main', account: user }), 1_024);
  assert.equal(value('accounts_by_quota_band', { server: 'main', band: '0-50' }), 1);
  assert.equal(value('accounts', { server: 'main', state: 'ok' }), 1);
});

test('counters go on where the last run left them', async (t) => {
  const user = 'counted@example.com';
  const site = await siteOf(t, user, 2);
  assertExit(await site.run(['run', '--yes']), 0);
  await seedByAppend(dovecot, user, [note('old too', 400)]);
  assertExit(await site.run(command), 0);
  const samples = written(site);
  assert.equal(valueOf(samples, 'mothball_archived_messages_total'), 3);
  assert.equal(valueOf(samples, 'mothball_policy_runs_total', { result: 'success' }), 2);
  assert.equal(
    valueOf(samples, 'mothball_policy_run_duration_seconds_count'),
    1,
    'times are of this process',
  );
});

test('a failed run writes the file too, and what is known of the last good one stays in it', async (t) => {
  const site = await siteOf(t, 'gone@example.com', 1);
  assertExit(await site.run(command), 0);
  const earlier = valueOf(written(site), 'mothball_policy_last_success_timestamp_seconds');
  await site.configure({ server: { port: 1, connectAttempts: 1 } });
  assertExit(await site.run(command), 1);
  const samples = written(site);
  assert.equal(valueOf(samples, 'mothball_server_up', { server: 'main' }), 0);
  assert.equal(valueOf(samples, 'mothball_imap_errors_total', { server: 'main', code: 'connect' }), 1);
  assert.equal(valueOf(samples, 'mothball_policy_last_run_success'), 0);
  assert.equal(valueOf(samples, 'mothball_policy_last_success_timestamp_seconds'), earlier);
  await promtool(['check', 'metrics'], readFileSync(join(site.dir, 'mothball.prom'), 'utf8'));
});

test('a limit that stopped the run, and a grace that is not over, show in the file', async (t) => {
  const limits = { maxMessages: 2, maxPercent: 100 };
  const policies = [
    policy('old', 365, { delete: { after: '7d' } }),
    policy('greedy', 1, { limits, delete: { after: '7d' } }),
  ];
  const site = await siteOf(t, 'limited@example.com', 4, { policies });
  assertExit(await site.run(command), 5);
  const samples = written(site);
  const exceeded = (limit: string): number | null =>
    valueOf(samples, 'mothball_policy_limit_exceeded', { policy: 'greedy', limit });
  assert.deepEqual(['maxMessages', 'maxBytes', 'maxPercent'].map(exceeded), [1, 0, 0]);
  assert.equal(valueOf(samples, 'mothball_policy_last_run_success', { policy: 'greedy' }), 0);
  assert.equal(valueOf(samples, 'mothball_pending_delete_messages', { policy: 'old' }), 4);
  assert.equal(valueOf(samples, 'mothball_policy_expected_interval_seconds'), null, 'there is no schedule');
});

test('policies in plan mode are told, and still no database is written', async (t) => {
  const site = await siteOf(t, 'planned@example.com', 1, {
    policies: [policy('old', 365, { mode: 'plan' })],
  });
  assertExit(await site.run(command), 0);
  const samples = written(site);
  assert.equal(valueOf(samples, 'mothball_policy_last_run_success', { policy: 'old' }), 1);
  assert.equal(valueOf(samples, 'mothball_archived_messages_total', { policy: 'old' }), 0);
  assert.equal(valueOf(samples, 'mothball_account_quota_limit_bytes'), limitBytes);
  assert.equal(existsSync(site.database), false);
});

test('a catalog that can not be opened makes the policies failed', async (t) => {
  const site = await siteOf(t, 'broken@example.com', 1);
  writeFileSync(site.database, 'no database '.repeat(1_000));
  assertExit(await site.run(command), 1);
  assert.equal(valueOf(written(site), 'mothball_policy_last_run_success', { policy: 'old' }), 0);
});

test('a broken configuration is told; a wrong command line leaves the file as it is', async (t) => {
  const site = await siteOf(t, 'typo@example.com', 1);
  assertExit(await site.run(command), 0);
  const good = readFileSync(join(site.dir, 'mothball.prom'), 'utf8');
  assertExit(await site.run([...command, 'no-such-policy']), 2);
  assertExit(await site.run([...command, '--dry-run']), 2);
  assert.equal(readFileSync(join(site.dir, 'mothball.prom'), 'utf8'), good);
  writeFileSync(join(site.dir, 'mothball.yaml'), 'version: 2\n');
  assertExit(await site.run(command), 2);
  assert.equal(valueOf(written(site), 'mothball_config_last_reload_success'), 0);
});

test('where the file can not be written, nothing is run', async (t) => {
  const user = 'nowhere@example.com';
  const site = await siteOf(t, user, 2);
  const run = await site.run(['run', '--yes', '--metrics-file', 'missing/mothball.prom']);
  assertExit(run, 2);
  assert.match(said(run), /nothing was run/);
  assert.equal((await snapshot(dovecot, user)).messages.length, 3);
});
