/** The page where something has failed, and with more accounts than fit a screen. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { RunResult } from '../../src/domain/run-result.ts';
import { reportText } from '../contract/catalog-samples.ts';
import { bearer, openSite, type TestSite, token, withTokens } from './page-server.ts';

const names = Array.from({ length: 120 }, (_, index) => `user${String(index).padStart(3, '0')}@example.com`);

async function fleet(t: TestContext): Promise<TestSite> {
  const prepare = (dir: string): object => {
    const policy = {
      name: 'old',
      mode: 'enforce',
      match: { olderThan: '2y' },
      archive: { to: 'local' },
      delete: { after: '7d' },
    };
    writeFileSync(join(dir, 'policies.json'), JSON.stringify({ version: 1, policies: [policy] }));
    return {
      accounts: names.map((user) => ({ user, server: 'main', passwordFile: './password' })),
      stores: { local: { type: 'local', path: './store' } },
      policies: ['policies.json'],
    };
  };
  return openSite(t, withTokens, '127.0.0.1', prepare);
}

async function run(
  site: TestSite,
  account: string,
  result: RunResult | null,
  messages = 0,
  ended = new Date(),
): Promise<string> {
  const id = `${crypto.randomUUID()}/main/${account}/old`;
  const started = new Date(Date.now() - 60_000);
  const ref = { server: 'main', account, policy: 'old' };
  await site.app.catalog.startRun({ ...ref, id, started, finished: null, result: null, report: null });
  const done = { messages, bytes: messages * 1000 };
  const errors = result === 'failed' ? [`main/${account}: <b>no</b> answer`] : [];
  if (result !== null)
    await site.app.catalog.finishRun(
      id,
      ended,
      result,
      reportText({ archived: done, deleted: done, errors }),
    );
  return id;
}

async function text(site: TestSite, path: string): Promise<string> {
  const response = await site.get(path, bearer(token));
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return body.replaceAll(/\s+/g, ' ');
}

/** What is shown, without markup. */
function plain(page: string): string {
  return page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('one failure among 119 successes comes first, in red, and the policy is failed with counts', async (t) => {
  const site = await fleet(t);
  const [bad = '', ...good] = names;
  await run(site, bad, 'failed');
  for (const account of good) await run(site, account, 'success', 1);
  const overview = await text(site, '/');
  assert.ok(overview.indexOf('class="alarm"') < overview.indexOf('class="tiles"'));
  assert.match(
    plain(overview),
    /Needs attention old on user000@example\.com on main: failed .* &lt;b&gt;no&lt;\/b&gt; answer/,
  );
  const policies = plain(await text(site, '/policies'));
  assert.match(policies, /failed 119 ok, 1 failed, 0 running · what failed/);
  assert.match(
    policies,
    /Covers 120 accounts: user000@example\.com , user001@example\.com , user002@example\.com and 117 more/,
  );
  const failed = await text(site, '/runs?policy=old&result=failed');
  assert.match(plain(failed), /1 run, newest first/);
});

test('failures of many accounts that are alike are one line', async (t) => {
  const site = await fleet(t);
  for (const account of names.slice(0, 50)) await run(site, account, 'failed');
  const overview = await text(site, '/');
  const alarm = overview.slice(overview.indexOf('class="alarm"'), overview.indexOf('class="tiles"'));
  assert.equal(alarm.match(/<li>/g)?.length, 1);
  assert.match(plain(alarm), /old on 50 accounts, like user\d+@example\.com on main: failed/);
});

test('a run without an end is interrupted where no daemon is at it, never "not ended"', async (t) => {
  const site = await fleet(t);
  const id = await run(site, names[0] ?? '', null);
  for (const path of ['/runs', `/runs/${id}`]) {
    const page = plain(await text(site, path));
    assert.match(page, /interrupted/, path);
    assert.doesNotMatch(page, /not ended/, path);
  }
});

test('what was freed in a week stands beside the week before', async (t) => {
  const site = await fleet(t);
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
  await run(site, names[0] ?? '', 'success', 3, daysAgo(1));
  assert.match(plain(await text(site, '/')), /Freed in 90 days 2\.9 KiB 2\.9 KiB in the last 7 days /);
  await run(site, names[1] ?? '', 'success', 2, daysAgo(10));
  assert.match(
    plain(await text(site, '/')),
    /4\.9 KiB 2\.9 KiB in the last 7 days, 50 % more than in the 7 before/,
  );
  await run(site, names[2] ?? '', 'success', 1, daysAgo(11));
  assert.match(plain(await text(site, '/')), /in the last 7 days, as much as in the 7 before/);
});

test('runs without work are hidden, counted, and shown on request', async (t) => {
  const site = await fleet(t);
  for (const account of names.slice(0, 3)) await run(site, account, 'success');
  assert.match(
    plain(await text(site, '/runs')),
    /No runs that did anything\. .*1 time a policy had nothing to do/,
  );
  assert.match(plain(await text(site, '/runs?idle=show')), /old 3 success 3 ok, 0 failed, 0 running/);
});

test('all accounts can be leafed through and searched, also those without a scan', async (t) => {
  const site = await fleet(t);
  const first = await text(site, '/accounts?sort=name');
  assert.match(plain(first), /120 accounts, by name/);
  assert.equal(first.match(/<th scope="row"/g)?.length, 50);
  const last = await text(site, '/accounts?sort=name&page=3');
  assert.equal(last.match(/<th scope="row"/g)?.length, 20);
  assert.match(last, /user119@example\.com/);
  assert.match(plain(await text(site, '/accounts?name=USER11')), /10 accounts, fullest first/);
  assert.equal((await site.get('/accounts?sort=size', bearer(token))).status, 400);
  assert.equal((await site.get('/accounts', undefined)).status, 401);
  assert.equal((await site.get('/accounts.csv', undefined)).status, 401);
  const csv = await (await site.get('/accounts.csv?name=user11', bearer(token))).text();
  assert.equal(csv.trimEnd().split('\r\n').length, 11);
});

test('the page of an account shows its policies, its last runs and why one failed', async (t) => {
  const site = await fleet(t);
  const [bad = ''] = names;
  await run(site, bad, 'failed');
  const at = new Date();
  await site.app.catalog.addScan(
    { server: 'main', account: bad, at, error: `main/${bad}: can't log in` },
    [],
    null,
  );
  const page = plain(await text(site, `/accounts/main/${encodeURIComponent(bad)}`));
  assert.match(page, /Needs attention .*could not be scanned .*: can&#39;t log in/);
  assert.match(page, /Needs attention .* old [-0-9: ]+: &lt;b&gt;no&lt;\/b&gt; answer/);
});

test('an address that is not there is framed for people and plain for programs', async (t) => {
  const site = await fleet(t);
  const bare = await site.get('/no-such-page', bearer(token));
  assert.deepEqual([bare.status, await bare.text()], [404, 'not found\n']);
  const framed = await fetch(`http://127.0.0.1:${site.web.port}/no-such-page`, {
    headers: { accept: 'text/html' },
  });
  assert.deepEqual([framed.status, framed.headers.get('content-type')], [404, 'text/html; charset=utf-8']);
  assert.match(await framed.text(), /<nav aria-label="Main">/);
});

test('where several replicas share the work the page shows each: who leads, who holds what and since when', async (t) => {
  const site = await fleet(t);
  const { catalog } = site.app;
  const seen = new Date();
  const started = new Date('2026-01-02T03:04:00Z');
  const state = {
    waiting: 0,
    postponed: [],
    reload: { ok: true, at: started, problems: [] },
    stopping: false,
  };
  const job = { kind: 'run', server: 'main', account: names[1], since: new Date('2026-03-04T05:06:00Z') };
  const heard = async (host: string, pid: number, more: object): Promise<void> =>
    catalog.heartbeat({ id: host, host, pid, started, seen, state: JSON.stringify({ ...state, ...more }) });
  await heard('pod-0', 71, { jobs: [job], waiting: 5, leader: false });
  assert.doesNotMatch(await text(site, '/'), /id="replicas"/, 'one has nobody to share with');
  await heard('pod-1', 72, { jobs: [], leader: true });
  const page = plain(await text(site, '/'));
  const last = seen.toISOString().slice(0, 16).replace('T', ' ');
  assert.match(page, /2 replicas and what they are doing/);
  assert.ok(
    page.includes(`pod-0 71 2026-01-02 03:04 ${last} run ${names[1]} since 2026-03-04 05:06 5`),
    page,
  );
  assert.ok(page.includes(`pod-1 (leader) 72 2026-01-02 03:04 ${last} nothing 0`), page);
});
