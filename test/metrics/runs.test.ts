import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { LimitExceeded } from '../../src/domain/plan.ts';
import type { Metrics } from '../../src/metrics/metrics.ts';
import { samplesOf, valueOf } from '../oracle/exposition.ts';
import { alice, bob, dawn, entry, exposed, inventory, metricsOf, report, textOf } from './samples.ts';

const failure = { code: 'connect', message: 'no route' } as const;
const limit: LimitExceeded = { limit: 'maxBytes', allowed: 1, wanted: 2, of: 'bytes' };
const hour = (number: number): Date => new Date(dawn.getTime() + number * 3_600_000);

async function value(
  metrics: Metrics,
  name: string,
  labels: Record<string, string> = {},
): Promise<number | null> {
  return valueOf(await exposed(metrics), `mothball_${name}`, labels);
}

test('counters of every policy, server and store begin at 0', async () => {
  const samples = await exposed(metricsOf());
  for (const result of ['success', 'partial', 'failed', 'limit', 'interrupted'])
    assert.equal(valueOf(samples, 'mothball_policy_runs_total', { policy: 'old', result }), 0);
  for (const code of ['auth', 'token', 'connect', 'timeout', 'protocol', 'unsupported'])
    assert.equal(valueOf(samples, 'mothball_imap_errors_total', { server: 'main', code }), 0);
  for (const result of ['ok', 'failed'])
    assert.equal(valueOf(samples, 'mothball_archive_verifications_total', { store: 'local', result }), 0);
  for (const name of ['archived_messages', 'archived_bytes', 'deleted_messages', 'deleted_bytes'])
    assert.equal(valueOf(samples, `mothball_${name}_total`, { policy: 'old' }), 0);
});

test('what is not known yet has no series, rather than a wrong one', async () => {
  const samples = await exposed(metricsOf());
  for (const name of [
    'server_up',
    'store_up',
    'policy_last_run_success',
    'policy_last_success_timestamp_seconds',
    'policy_expected_interval_seconds',
    'last_scan_timestamp_seconds',
  ])
    assert.equal(valueOf(samples, `mothball_${name}`), null, name);
});

test('how long scans may be apart follows their schedule', async () => {
  for (const [scanSchedule, seconds] of [
    ['*/15 * * * *', 900],
    ['0 3 * * *', 86_400],
    ['0 6 * * 1', 7 * 86_400],
    [null, null],
  ] as const)
    assert.equal(await value(metricsOf({ scanSchedule }), 'scan_expected_interval_seconds'), seconds);
});

test('a run is counted with its result, its duration and what it moved', async () => {
  const metrics = metricsOf();
  const archived = { messages: 3, bytes: bytes(300) };
  metrics.recordRun(report({ archived, deleted: { messages: 2, bytes: bytes(200) } }), 42, hour(1));
  metrics.recordRun(report({ archived, errors: [failure] }), 2, hour(2));
  assert.equal(await value(metrics, 'policy_runs_total', { result: 'success' }), 1);
  assert.equal(await value(metrics, 'policy_runs_total', { result: 'partial' }), 1);
  assert.equal(await value(metrics, 'archived_messages_total'), 6);
  assert.equal(await value(metrics, 'deleted_bytes_total'), 200);
  assert.equal(await value(metrics, 'policy_run_duration_seconds_sum'), 44);
  assert.equal(await value(metrics, 'policy_run_duration_seconds_bucket', { le: '5' }), 1);
});

test('one account that fails makes the policy failed until it ends well there', async () => {
  const metrics = metricsOf();
  metrics.recordRun(report({ ...alice, errors: [failure] }), 1, hour(1));
  metrics.recordRun(report({ ...bob }), 1, hour(2));
  assert.equal(await value(metrics, 'policy_last_run_success'), 0);
  assert.equal(await value(metrics, 'policy_last_success_timestamp_seconds'), hour(2).getTime() / 1000);
  metrics.recordRun(report({ ...alice }), 1, hour(3));
  assert.equal(await value(metrics, 'policy_last_run_success'), 1);
});

test('an interrupted run is counted, and changes nothing else', async () => {
  const metrics = metricsOf();
  metrics.recordRun(report(), 1, hour(1));
  metrics.recordRun(report({ errors: [{ code: 'interrupted', message: 'SIGTERM' }] }), 1, hour(2));
  assert.equal(await value(metrics, 'policy_runs_total', { result: 'interrupted' }), 1);
  assert.equal(await value(metrics, 'policy_last_run_success'), 1);
  assert.equal(await value(metrics, 'policy_last_success_timestamp_seconds'), hour(1).getTime() / 1000);
});

test('a limit shows until a run of that account keeps within it', async () => {
  const metrics = metricsOf();
  metrics.recordRun(report({ limits: [limit] }), 1, hour(1));
  metrics.recordRun(report({ ...bob }), 1, hour(2));
  assert.equal(await value(metrics, 'policy_limit_exceeded', { limit: 'maxBytes' }), 1);
  assert.equal(await value(metrics, 'policy_limit_exceeded', { limit: 'maxMessages' }), 0);
  assert.equal(await value(metrics, 'policy_last_run_success'), 0);
  metrics.recordRun(report(), 1, hour(3));
  assert.equal(await value(metrics, 'policy_limit_exceeded', { limit: 'maxBytes' }), 0);
});

test('what the catalog remembers comes back after a restart', async () => {
  const metrics = metricsOf();
  const none = { messages: 0, bytes: 0 };
  metrics.restore({
    outcomes: [
      { ...alice, policy: 'old', failed: true, limits: [], succeeded: hour(1) },
      { ...bob, policy: 'old', failed: false, limits: ['maxPercent'], succeeded: null },
      { ...alice, policy: 'removed', failed: true, limits: [], succeeded: null },
    ],
    totals: [
      { policy: 'old', result: 'failed', runs: 4, archived: { messages: 9, bytes: 90 }, deleted: none },
    ],
    verifications: [{ store: 'local', ok: 7, failed: 1 }],
  });
  assert.equal(await value(metrics, 'policy_last_run_success'), 0);
  assert.equal(await value(metrics, 'policy_last_success_timestamp_seconds'), hour(1).getTime() / 1000);
  assert.equal(await value(metrics, 'policy_limit_exceeded', { limit: 'maxPercent' }), 1);
  assert.equal(await value(metrics, 'policy_runs_total', { result: 'failed' }), 4);
  assert.equal(await value(metrics, 'archived_messages_total'), 9);
  assert.equal(await value(metrics, 'archive_verifications_total', { result: 'ok' }), 7);
});

test('a policy in plan mode is expected to run at no time, whatever its schedule', async () => {
  const metrics = metricsOf({ policies: [entry('old', '15 2 * * *', ['*'], 'plan')] });
  assert.equal(await value(metrics, 'policy_expected_interval_seconds', { policy: 'old' }), null);
  metrics.configure(inventory({ policies: [entry('old', '15 2 * * *')] }));
  assert.equal(await value(metrics, 'policy_expected_interval_seconds', { policy: 'old' }), 86_400);
});

test('a reload forgets what was removed, keeps what stays, and lets go accounts that are covered no more', async () => {
  const metrics = metricsOf({ policies: [entry('old'), entry('gone', '0 * * * *')] });
  metrics.recordRun(report({ ...bob, errors: [failure] }), 1, hour(1));
  metrics.recordRun(report({ ...alice }), 1, hour(1));
  metrics.recordRun(report({ policy: 'gone' }), 1, hour(1));
  metrics.serverUp('main', true);
  metrics.connections('main', 3);
  metrics.configure(
    inventory({ stores: [], policies: [entry('old', '15 2 * * *', ['alice@*']), entry('new')] }),
  );
  const text = await textOf(metrics);
  assert.doesNotMatch(text, /policy="gone"|store="local"/);
  const samples = samplesOf(text);
  const of = (policy: string, name: string): number | null =>
    valueOf(samples, `mothball_${name}`, { policy });
  assert.equal(of('old', 'policy_last_run_success'), 1, 'bob is not covered any more');
  assert.equal(of('old', 'policy_run_duration_seconds_count'), 2);
  assert.equal(of('old', 'policy_expected_interval_seconds'), 86_400);
  assert.equal(of('new', 'archived_messages_total'), 0);
  assert.equal(valueOf(samples, 'mothball_server_up', { server: 'main' }), 1);
  assert.equal(valueOf(samples, 'mothball_imap_connections', { server: 'main' }), 3);
  metrics.recordRun(report({ policy: 'gone' }), 1, hour(2));
  metrics.verification('local', 'failed');
  assert.doesNotMatch(await textOf(metrics), /policy="gone"|store="local"/);
});

test('servers, stores, jobs, the leader and reloads are shown as they were told last', async () => {
  const metrics = metricsOf();
  metrics.serverUp('main', false);
  metrics.storeUp('local', true);
  metrics.imapError('main', 'timeout');
  metrics.imapThrottled('main', 1.5);
  metrics.imapThrottled('main', 2);
  metrics.connections('main', 4);
  metrics.jobs('queued', 12);
  metrics.leader(true);
  metrics.configReload(false);
  metrics.verification('local', 'ok');
  metrics.pendingDelete(new Map([['old', 8]]));
  metrics.recordScan('main', 12.5, hour(1));
  const table: readonly (readonly [string, Record<string, string>, number])[] = [
    ['server_up', { server: 'main' }, 0],
    ['store_up', { store: 'local' }, 1],
    ['imap_errors_total', { server: 'main', code: 'timeout' }, 1],
    ['imap_throttled_seconds_total', { server: 'main' }, 3.5],
    ['imap_connections', { server: 'main' }, 4],
    ['jobs', { state: 'queued' }, 12],
    ['leader', {}, 1],
    ['config_last_reload_success', {}, 0],
    ['archive_verifications_total', { store: 'local', result: 'ok' }, 1],
    ['pending_delete_messages', { policy: 'old' }, 8],
    ['scan_duration_seconds', { server: 'main' }, 12.5],
    ['last_scan_timestamp_seconds', { server: 'main' }, hour(1).getTime() / 1000],
    ['build_info', { version: '1.2.3' }, 1],
  ];
  for (const [name, labels, expected] of table)
    assert.equal(await value(metrics, name, labels), expected, name);
  metrics.pendingDelete(new Map());
  assert.equal(await value(metrics, 'pending_delete_messages'), 0);
});
