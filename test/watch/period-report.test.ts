/** What a report finds in a catalog. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { bytes, uid } from '../../src/domain/brands.ts';
import { dayMs } from '../../src/domain/dates.ts';
import type { RunResult } from '../../src/domain/run-result.ts';
import { periodReport } from '../../src/watch/period-report.ts';
import { inbox, manifest, numbered, reportText } from '../contract/catalog-samples.ts';
import { openSite, type TestSite, withTokens } from '../web/page-server.ts';

const names = ['alice', 'bob', 'carol', 'dave'].map((name) => `${name}@example.com`);
const ago = (days: number): Date => new Date(Date.now() - days * dayMs);

async function siteOf(t: TestContext): Promise<TestSite> {
  return openSite(t, withTokens, '127.0.0.1', (dir) => {
    const policy = (name: string, retain: string) => ({
      name,
      mode: 'enforce',
      match: { olderThan: '2y' },
      archive: { to: 'local' },
      retain,
    });
    const policies = [policy('old', '30d'), policy('kept', '5y')];
    writeFileSync(join(dir, 'policies.json'), JSON.stringify({ version: 1, policies }));
    return {
      accounts: names.map((user) => ({ user, server: 'main', passwordFile: './password' })),
      stores: { local: { type: 'local', path: './store' } },
      policies: ['policies.json'],
    };
  });
}

const wish = (days: number) => ({
  from: ago(days),
  ahead: { count: 14, unit: 'd' as const },
  timezone: 'UTC',
});

async function run(site: TestSite, account: string, when: Date, result: RunResult, words?: string) {
  const id = `${crypto.randomUUID()}/main/${account}/old`;
  const open = { server: 'main', account, policy: 'old', finished: null, result: null, report: null };
  const { catalog } = site.app;
  await catalog.startRun({ ...open, id, started: when });
  const archived = { messages: 2, bytes: 2000 };
  const done = result === 'success' ? { archived, deleted: { messages: 1, bytes: 1000 } } : {};
  const errors = words === undefined ? [] : [words];
  await catalog.finishRun(id, when, result, reportText({ ...done, errors }));
}

test('failures that are alike are one entry, and only those of the period count; so does what was freed', async (t) => {
  const site = await siteOf(t);
  await run(site, 'alice@example.com', ago(3), 'failed', 'main/alice@example.com: an old failure');
  await run(site, 'alice@example.com', ago(3), 'success');
  for (const name of names) await run(site, name, ago(0.5), 'failed', `main/${name}: no answer`);
  await run(site, 'alice@example.com', ago(0.4), 'limit');
  await run(site, 'bob@example.com', ago(0.4), 'success');
  await run(site, 'carol@example.com', ago(0.4), 'success');
  await run(site, 'gone@example.com', ago(0.4), 'failed', 'of an account that is no longer configured');
  const report = await periodReport(site.app, wish(1));
  assert.deepEqual(
    report.failed.rows.map(({ policy, result, accounts, reason }) => [policy, result, accounts, reason]),
    [
      ['old', 'failed', 4, 'no answer'],
      ['old', 'limit', 1, ''],
    ],
  );
  const amounts = [
    { messages: 4, bytes: 4000 },
    { messages: 2, bytes: 2000 },
  ] as const;
  assert.deepEqual(report.freed.rows, [{ policy: 'old', archived: amounts[0], deleted: amounts[1] }]);
  const longer = await periodReport(site.app, wish(7));
  assert.equal(longer.failed.total, 3);
  assert.equal(longer.freed.rows[0]?.deleted.messages, 3);
});

test('accounts that are nearly full or will be are listed, the fullest first; what could not be scanned has failed', async (t) => {
  const site = await siteOf(t);
  const scan = async (
    account: string,
    when: Date,
    used: number,
    error: string | null = null,
  ): Promise<void> => {
    const ref = { server: 'main', account, at: when };
    const limits = { limitBytes: bytes(1000), usedMessages: null, limitMessages: null };
    await site.app.catalog.addScan(
      { ...ref, error },
      [{ ...ref, root: '', usedBytes: bytes(used), ...limits }],
      null,
    );
  };
  for (const day of [9, 8, 7, 6, 5, 4, 3, 2, 1]) {
    await scan('alice@example.com', ago(day), 100);
    await scan('bob@example.com', ago(day), 850 - 50 * day);
    await scan('carol@example.com', ago(day), 930);
    await scan('dave@example.com', ago(day), 500);
  }
  await scan('dave@example.com', ago(0.1), 500, 'the login was refused');
  const { full, failed, accounts } = await periodReport(site.app, wish(1));
  assert.equal(accounts, 4);
  assert.deepEqual(
    full.rows.map(({ account, percent, fullAt }) => [account, percent, fullAt !== null]),
    [
      ['carol@example.com', 93, false],
      ['bob@example.com', 80, true],
    ],
  );
  assert.deepEqual(
    failed.rows.map(({ policy, example, reason }) => [policy, example.account, reason]),
    [[null, 'dave@example.com', 'the login was refused']],
  );
});

test('quarantine, pauses and archives whose time comes are in the report', async (t) => {
  const site = await siteOf(t);
  const { catalog } = site.app;
  const add = async (from: number, to: number, policy: string, created: Date) => {
    const head = { policy, created: created.toISOString(), key: `k${from}` };
    const made = manifest(numbered(from, to), head);
    await catalog.addArchive(made, `m${from}`, null);
    await catalog.markVerified(made.head.id, new Date(), false);
    return made.head.id;
  };
  await add(1, 3, 'old', ago(20));
  await add(4, 5, 'old', ago(2));
  await add(6, 7, 'kept', ago(20));
  const damaged = await add(8, 9, 'old', ago(25));
  await catalog.setArchiveState(damaged, 'quarantined', 'a digest differs');
  await catalog.quarantineUid({ ...inbox, uid: uid(77), reason: 'odd', at: ago(5) });
  await catalog.quarantineUid({ ...inbox, uid: uid(78), reason: 'odd', at: ago(0.1) });
  await catalog.pause({ since: ago(0.2), who: 'root', reason: null });
  const pause = { server: 'main', account: 'alice@example.com', words: 'slow down', since: ago(1), times: 1 };
  await catalog.pauseAccount({ ...pause, kind: 'connections', until: ago(-1) });
  const report = await periodReport(site.app, wish(1));
  assert.deepEqual(
    report.expiring.rows.map(({ policy, store, archives, messages }) => [policy, store, archives, messages]),
    [['old', 'local', 1, 3]],
  );
  assert.deepEqual(report.quarantined.archives.rows, [
    { id: damaged, store: 'local', reason: 'a digest differs' },
  ]);
  assert.deepEqual(report.quarantined.messages.rows, [{ server: 'main', messages: 2, new: 1 }]);
  assert.equal(report.pause?.who, 'root');
  assert.deepEqual(
    report.paused.rows.map(({ account, words }) => [account, words]),
    [['alice@example.com', 'slow down']],
  );
});
