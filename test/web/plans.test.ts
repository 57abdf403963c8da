/** What policies in plan mode would do, on the page and in the API. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { alice } from '../contract/catalog-samples.ts';
import { bearer, openSite, type TestSite, token, withTokens } from './page-server.ts';

async function site(t: TestContext): Promise<TestSite> {
  return openSite(t, withTokens, '127.0.0.1', (dir) => {
    const policy = { name: 'look', match: { olderThan: '2y' }, archive: { to: 'local' } };
    writeFileSync(join(dir, 'policies.json'), JSON.stringify({ version: 1, policies: [policy] }));
    return { stores: { local: { type: 'local', path: './store' } }, policies: ['policies.json'] };
  });
}

async function plain(open: TestSite, path: string): Promise<string> {
  const response = await open.get(path, bearer(token));
  assert.equal(response.status, 200, path);
  return (await response.text()).replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('the last plan is shown with the difference to the one before and to the policy as it was', async (t) => {
  const open = await site(t);
  const { catalog, config } = open.app;
  const hash = config.policies[0]?.hash ?? assert.fail();
  const account = `/accounts/main/${encodeURIComponent(alice.account)}`;
  assert.match(await plain(open, '/policies'), /Last plan not planned yet/);
  assert.match(await plain(open, account), /as last planned .* look not yet/);
  const at = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
  const plan = { ...alice, policy: 'look' };
  const amount = (messages: number) => ({ messages, bytes: messages * 1024, idle: null });
  await catalog.storePlan({ ...plan, hash: 'older', at: at(50), made: amount(4) });
  assert.match(await plain(open, '/policies'), /The policy has changed since some of these plans/);
  await catalog.storePlan({ ...plan, hash, at: at(26), made: amount(1500) });
  await catalog.storePlan({ ...plan, hash, at: at(2), made: amount(1490) });
  const page = await plain(open, '/policies');
  assert.match(page, /1,490 messages, 1\.5 MiB of 1 account /);
  assert.match(page, /10 fewer messages, 10\.0 KiB less than in the plan before/);
  assert.match(page, /1,486 more messages, 1\.5 MiB more than before the policy changed/);
  assert.doesNotMatch(page, /has changed since/);
  assert.match(
    await plain(open, account),
    /1,490 messages, 1\.5 MiB .*1,500 messages, .* 4 messages, 4\.0 KiB/,
  );
  await catalog.storePlan({ ...plan, hash, at: at(1), made: { error: '<b>no</b> route' } });
  assert.match(await plain(open, '/policies'), /failed on 1 account/);
  assert.match(await plain(open, account), /failed .*: &lt;b&gt;no&lt;\/b&gt; route/);
  const answer: unknown = await (await open.get('/api/v1/plans', bearer(token))).json();
  assert.ok(
    typeof answer === 'object' && answer !== null && 'plans' in answer && Array.isArray(answer.plans),
  );
  const [shown]: unknown[] = answer.plans;
  const [stored] = await catalog.storedPlans(alice);
  assert.deepEqual(shown, {
    policy: 'look',
    ...alice,
    tried: stored?.tried.toISOString(),
    error: '<b>no</b> route',
    plan: { at: stored?.last?.at.toISOString(), messages: 1490, bytes: 1490 * 1024 },
    idle: null,
    before: { at: stored?.before?.at.toISOString(), messages: 1500, bytes: 1500 * 1024 },
    changed: { at: stored?.changed?.at.toISOString(), messages: 4, bytes: 4096 },
  });
  assert.equal((await open.get('/api/v1/plans')).status, 401);
});
