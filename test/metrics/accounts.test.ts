import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { decodeMailboxName } from '../../src/format/mailbox-name.ts';
import type { Metrics } from '../../src/metrics/metrics.ts';
import { withScripted } from '../imap/scripted.ts';
import { type Sample, samplesOf, valueOf } from '../oracle/exposition.ts';
import { promtool } from '../oracle/promtool.ts';
import { alice, bob, dawn, exposed, inventory, metricsOf, root, snapshot, textOf } from './samples.ts';

const used = 'mothball_account_quota_used_bytes';

function accountsIn(samples: readonly Sample[]): readonly (string | undefined)[] {
  return samples.filter(({ name }) => name === used).map(({ labels }) => labels['account']);
}

/** So many accounts, of which the first is full and the others are half full. */
function many(count: number, accountSeries: 'off' | 'nearFull' | 'all' | null = null): Metrics {
  const accounts = Array.from({ length: count }, (_, n) => ({ server: 'main', account: `user${n}` }));
  const metrics = metricsOf({ accounts, accountSeries });
  for (const [n, ref] of accounts.entries()) metrics.recordAccount(snapshot(ref, root(n === 0 ? 90 : 50)));
  return metrics;
}

test('each quota root has its use and its limit; what is unlimited has no limit', async () => {
  const metrics = metricsOf();
  const open = root(50, {
    storage: { used: bytes(7), limit: null },
    message: { used: 3, limit: 9 },
    name: 'open',
  });
  metrics.recordAccount({ ...snapshot(alice, root(50), open), fullAt: dawn });
  metrics.recordAccount({ ...bob, roots: null, fullAt: null, folders: null });
  const samples = await exposed(metrics);
  const value = (name: string, at: string): number | null =>
    valueOf(samples, `mothball_account_quota_${name}`, { ...alice, root: at });
  assert.deepEqual([value('used_bytes', 'User quota'), value('limit_bytes', 'User quota')], [500, 1_000]);
  assert.deepEqual([value('used_bytes', 'open'), value('limit_bytes', 'open')], [7, null]);
  assert.deepEqual([value('messages_used', 'open'), value('messages_limit', 'open')], [3, 9]);
  assert.equal(value('messages_used', 'User quota'), null);
  assert.equal(valueOf(samples, 'mothball_account_full_timestamp_seconds', alice), dawn.getTime() / 1000);
  assert.equal(valueOf(samples, 'mothball_account_full_timestamp_seconds', bob), null);
});

test('folders have series only when they are asked for, and keep their size between two readings of it', async () => {
  const folders = [{ path: 'Lists/R&D', messages: 4, bytes: bytes(44) }];
  for (const folderSeries of [false, true]) {
    const metrics = metricsOf({ folderSeries });
    metrics.recordAccount({ ...snapshot(alice, root(50)), folders });
    metrics.recordAccount(snapshot(alice, root(60)));
    const samples = await exposed(metrics);
    const labels = { ...alice, folder: 'Lists/R&D' };
    assert.equal(valueOf(samples, 'mothball_folder_size_bytes', labels), folderSeries ? 44 : null);
    assert.equal(valueOf(samples, 'mothball_folder_messages', labels), folderSeries ? 4 : null);
  }
});

test('labels survive quotes, backslashes and line feeds', async () => {
  const odd = { server: 'main', account: 'a"b\\c\nd\\n{}, e="' };
  const metrics = metricsOf({ accounts: [odd] });
  metrics.recordAccount(snapshot(odd, root(50, { name: '"' })));
  assert.equal(valueOf(await exposed(metrics), used, { ...odd, root: '"' }), 500);
  await promtool(['check', 'metrics'], await textOf(metrics));
});

test('names whose bytes are no UTF-8 are labels of their own, in valid UTF-8', async () => {
  const quota = ['QUOTAROOT INBOX "q\xff"', 'QUOTA "q\xff" (STORAGE 1 2)'];
  const raw = ['raw\xff', 'raw\xfe'].map((name) => decodeMailboxName(Buffer.from(name, 'latin1')));
  await withScripted({ quota, folders: { INBOX: {} } }, async (session) => {
    const metrics = metricsOf({ folderSeries: true });
    const folders = raw.map((path) => ({ path, messages: 4, bytes: bytes(44) }));
    const roots = (await session.quota(['INBOX'])) ?? [];
    assert.equal(roots.length, 1);
    metrics.recordAccount({ ...snapshot(alice, ...roots), folders });
    const text = Buffer.from(await textOf(metrics));
    new TextDecoder('utf-8', { fatal: true }).decode(text);
    const samples = samplesOf(text.toString());
    for (const folder of raw)
      assert.equal(valueOf(samples, 'mothball_folder_messages', { ...alice, folder }), 4, folder);
    assert.equal(valueOf(samples, used, { ...alice, root: roots[0]?.name ?? '' }), 1024);
    await promtool(['check', 'metrics'], text.toString());
  });
});

test('up to 2,000 accounts all get series, beyond that those that are near full', async () => {
  const few = await exposed(many(2_000));
  assert.equal(accountsIn(few).length, 2_000);
  assert.equal(valueOf(few, 'mothball_account_series_dropped'), 0);
  const more = await exposed(many(2_001));
  assert.deepEqual(accountsIn(more), ['user0']);
  assert.equal(valueOf(more, 'mothball_account_series_dropped'), 2_000);
  assert.equal(valueOf(more, 'mothball_accounts_by_quota_band', { band: '90-95' }), 1);
  assert.equal(valueOf(more, 'mothball_accounts_by_quota_band', { band: '50-80' }), 2_000);
});

for (const [series, shown, dropped] of [
  ['off', 0, 5],
  ['nearFull', 1, 4],
  ['all', 5, 0],
] as const) {
  test(`metrics.accounts: ${series} shows ${shown} of five accounts`, async () => {
    const samples = await exposed(many(5, series));
    assert.equal(accountsIn(samples).length, shown);
    assert.equal(valueOf(samples, 'mothball_account_series_dropped'), dropped);
  });
}

test('an account becomes near full at 80 % and stays so until it is below 75 %', async () => {
  const metrics = metricsOf({ accountSeries: 'nearFull' });
  const seen: boolean[] = [];
  for (const percent of [79, 80, 76, 75, 74, 79]) {
    metrics.recordAccount(snapshot(alice, root(10), root(percent, { name: 'second' })));
    seen.push(accountsIn(await exposed(metrics)).length > 0);
  }
  assert.deepEqual(seen, [false, true, true, true, false, false]);
});

test('every account is in one state and one band', async () => {
  const metrics = metricsOf({ accounts: [alice, bob, { server: 'main', account: 'carol' }] });
  const tally = async (): Promise<object> => {
    const samples = (await exposed(metrics)).filter(({ value }) => value > 0);
    const labels = (name: string, label: string): object =>
      Object.fromEntries(
        samples.filter((one) => one.name === name).map((one) => [one.labels[label] ?? '', one.value]),
      );
    return {
      ...labels('mothball_accounts', 'state'),
      ...labels('mothball_accounts_by_quota_band', 'band'),
    };
  };
  assert.deepEqual(await tally(), { pending: 3, unknown: 3 });
  metrics.recordAccount(snapshot(alice, root(101)));
  metrics.recordAccount(snapshot(bob, root(5, { storage: { used: bytes(5), limit: null } })));
  assert.deepEqual(await tally(), { ok: 2, pending: 1, over: 1, unlimited: 1, unknown: 1 });
  metrics.accountFailed(alice);
  assert.deepEqual(await tally(), { ok: 1, failed: 1, pending: 1, over: 1, unlimited: 1, unknown: 1 });
  assert.deepEqual(accountsIn(await exposed(metrics)), [alice.account, bob.account], 'what was known stays');
  metrics.configure(inventory({ accounts: [bob] }));
  assert.deepEqual(await tally(), { ok: 1, unlimited: 1 });
  metrics.recordAccount(snapshot(alice, root(50)));
  assert.deepEqual(await tally(), { ok: 1, unlimited: 1 }, 'a late scan of a removed account');
});

test('a scrape of many accounts comes in small pieces, and other work gets its turn between them', async () => {
  const metrics = many(20_000, 'all');
  let turns = 0;
  let pieces = 0;
  let longest = 0;
  let ticking = true;
  const tick = (): void => {
    turns += 1;
    if (ticking) setImmediate(tick);
  };
  setImmediate(tick);
  let text = '';
  for await (const piece of metrics.text()) {
    pieces += 1;
    longest = Math.max(longest, piece.length);
    text += piece;
  }
  ticking = false;
  assert.ok(longest < 40_000, `${longest} characters at once`);
  assert.ok(turns >= pieces - 1, `${turns} turns for ${pieces} pieces`);
  assert.equal(accountsIn(samplesOf(text)).length, 20_000);
});

test('a scan during a scrape does not break the text', async () => {
  const metrics = many(5_000, 'all');
  let text = '';
  for await (const piece of metrics.text()) {
    text += piece;
    metrics.recordAccount(snapshot({ server: 'main', account: 'user7' }, root(97)));
  }
  await promtool(['check', 'metrics'], text);
  assert.equal(accountsIn(samplesOf(text)).length, 5_000);
});
