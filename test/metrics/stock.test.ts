import assert from 'node:assert/strict';
import test from 'node:test';
import { valueOf } from '../oracle/exposition.ts';
import { alice, dawn, entry, exposed, inventory, metricsOf, report, textOf } from './samples.ts';

const count = { store: 'local', archives: 2, bytes: 500 } as const;

test('archives are counted by state, zeros included, and what expired takes no room', async () => {
  const metrics = metricsOf();
  metrics.stocks.stock({
    archives: [
      { ...count, state: 'verified' },
      { ...count, state: 'quarantined', archives: 1, bytes: 30 },
      { ...count, state: 'expired', archives: 9 },
      { ...count, state: 'verified', store: 'removed' },
    ],
    quarantined: new Map([['main', 4]]),
  });
  const samples = await exposed(metrics);
  const archives = (state: string): number | null =>
    valueOf(samples, 'mothball_archives', { store: 'local', state });
  assert.deepEqual(['sealed', 'verified', 'quarantined', 'expired'].map(archives), [0, 2, 1, 9]);
  assert.equal(valueOf(samples, 'mothball_store_bytes', { store: 'local' }), 530);
  assert.equal(valueOf(samples, 'mothball_quarantined_messages', { server: 'main' }), 4);
  assert.equal(valueOf(samples, 'mothball_archives', { store: 'removed' }), null);
  metrics.stocks.stock({ archives: [], quarantined: new Map() });
  const later = await exposed(metrics);
  assert.equal(valueOf(later, 'mothball_archives', { state: 'quarantined' }), 0);
  assert.equal(valueOf(later, 'mothball_quarantined_messages', { server: 'main' }), 0);
});

test('free space that can no longer be read has no series', async () => {
  const metrics = metricsOf();
  const space = { stores: new Map([['local', 7]]), spoolFree: 6, database: 5, databaseFree: 4 };
  metrics.stocks.space(space);
  const samples = await exposed(metrics);
  const names = ['store_free_bytes', 'spool_free_bytes', 'database_bytes', 'database_free_bytes'];
  assert.deepEqual(
    names.map((name) => valueOf(samples, `mothball_${name}`)),
    [7, 6, 5, 4],
  );
  metrics.stocks.space({ stores: new Map([['local', null]]), spoolFree: null, database: 5, databaseFree: 4 });
  const later = await exposed(metrics);
  assert.deepEqual(
    names.map((name) => valueOf(later, `mothball_${name}`)),
    [null, null, 5, 4],
  );
});

test('the last success of scrub and expire, and the counters of restores, expired archives and logins', async () => {
  const metrics = metricsOf();
  const first = await exposed(metrics);
  for (const name of ['restored_messages_total', 'expired_archives_total', 'login_failures_total'])
    assert.equal(valueOf(first, `mothball_${name}`), 0, name);
  assert.equal(valueOf(first, 'mothball_last_scrub_success_timestamp_seconds'), null);
  assert.equal(valueOf(first, 'mothball_paused'), null, 'not known yet');
  metrics.stocks.done('scrub', 'local', dawn);
  metrics.stocks.done('expire', 'local', dawn);
  metrics.stocks.done('expire', 'removed', dawn);
  metrics.stocks.expired('local', 3);
  metrics.restored(2);
  metrics.loginFailed();
  metrics.owners.signIn('later');
  metrics.paused(true);
  const samples = await exposed(metrics);
  for (const job of ['scrub', 'expire'])
    assert.equal(
      valueOf(samples, `mothball_last_${job}_success_timestamp_seconds`, { store: 'local' }),
      dawn.getTime() / 1000,
    );
  assert.equal(valueOf(samples, 'mothball_expired_archives_total', { store: 'local' }), 3);
  assert.equal(valueOf(samples, 'mothball_restored_messages_total'), 2);
  assert.equal(valueOf(samples, 'mothball_login_failures_total'), 1);
  for (const [result, times] of [
    ['accepted', 0],
    ['refused', 0],
    ['unavailable', 0],
    ['no_password', 0],
    ['limited', 1],
  ] as const)
    assert.equal(valueOf(samples, 'mothball_owner_sign_ins_total', { result }), times, result);
  assert.equal(valueOf(samples, 'mothball_paused'), 1);
  assert.doesNotMatch(await textOf(metrics), /store="removed"/);
});

test('policy_info follows mode and store, one series for each policy', async () => {
  const metrics = metricsOf({ policies: [entry('old', null, ['*'], 'plan')] });
  assert.match(await textOf(metrics), /policy_info\{policy="old",mode="plan",store="cold"\} 1/);
  metrics.configure(inventory({ policies: [entry('old')] }));
  const text = await textOf(metrics);
  assert.match(text, /policy_info\{policy="old",mode="enforce",store="cold"\} 1/);
  assert.doesNotMatch(text, /mode="plan"/);
  metrics.configure(inventory({ policies: [] }));
  assert.doesNotMatch(await textOf(metrics), /policy_info\{/);
});

test('a policy that returns to plan mode leaves its failures behind, also after a restart', async () => {
  const metrics = metricsOf();
  const limit = { limit: 'maxBytes', allowed: 1, wanted: 2, of: 'bytes' } as const;
  metrics.recordRun(report({ errors: [{ code: 'connect', message: 'no route' }], limits: [limit] }), 1, dawn);
  metrics.configure(inventory({ policies: [entry('old', '15 2 * * *', ['*'], 'plan')] }));
  const outcomes = [{ ...alice, policy: 'old', failed: true, limits: ['maxBytes'], succeeded: null }];
  metrics.restore({ outcomes });
  const text = await textOf(metrics);
  assert.doesNotMatch(text, /policy_last_run_success\{|policy_limit_exceeded\{/);
  metrics.configure(inventory());
  const samples = await exposed(metrics);
  assert.equal(valueOf(samples, 'mothball_policy_last_run_success'), null);
  assert.equal(valueOf(samples, 'mothball_policy_limit_exceeded', { limit: 'maxBytes' }), 0);
});
