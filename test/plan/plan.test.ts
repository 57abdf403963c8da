import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { bytes } from '../../src/domain/brands.ts';
import { type Plan, planTotals, type QuotaView } from '../../src/domain/plan.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { now, olderThan, policy } from '../domain/subjects.ts';
import { withScripted } from '../imap/scripted.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';

interface Wish {
  readonly messageLimit: number;
  readonly draining?: readonly QuotaView[];
  readonly drainTo?: number | null;
  readonly changes?: Partial<Policy>;
}

/** A drain's plan for 100 messages of 1 KiB; 95 of 100 KiB are used, and 100 of so many messages. */
async function drainPlan(t: TestContext, wish: Wish): Promise<Plan> {
  const directory = await mkdtemp(join(tmpdir(), 'plan-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await using catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  const messages = Array.from({ length: 100 }, (_, index) =>
    scriptedMessage(index + 1, { body: 'x'.repeat(1024) }),
  );
  const quota = ['QUOTAROOT INBOX ""', `QUOTA "" (STORAGE 95 100 MESSAGE 100 ${wish.messageLimit})`];
  const plans: Plan[] = [];
  await withScripted({ folders: { INBOX: { messages } }, quota }, async (session) => {
    const account = { server: 'main', account: 'bob' };
    const drainTo = wish.drainTo === undefined ? 75 : wish.drainTo;
    const drain = policy(olderThan(30), { when: { quotaAbove: 90 }, drainTo, ...wish.changes });
    const draining = wish.draining ?? null;
    plans.push(await makePlan({ account, session, catalog, policy: drain, holds: [], now, draining }));
  });
  const [plan] = plans;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

const storage: QuotaView = { root: '', resource: 'storage', used: 97_280, limit: 102_400 };

test('a drain takes what brings the resource over its threshold under its target', async (t) => {
  const plan = await drainPlan(t, { messageLimit: 1000 });
  assert.deepEqual(
    plan.drains.map(({ view }) => view),
    [storage],
  );
  assert.equal(planTotals(plan).messages, 21);
  assert.equal(plan.quotaAfter?.used, (95 - 21) * 1024);
});

test('a drain that has begun does not touch a resource that was never over the threshold', async (t) => {
  const plan = await drainPlan(t, { messageLimit: 118, draining: [storage] });
  assert.deepEqual(
    plan.drains.map(({ view }) => view.resource),
    ['storage'],
  );
  assert.equal(planTotals(plan).messages, 21);
});

test('each resource over the threshold is brought down', async (t) => {
  const plan = await drainPlan(t, { messageLimit: 100 });
  assert.deepEqual(
    plan.drains.map(({ view }) => view.resource),
    ['storage', 'message'],
  );
  assert.equal(planTotals(plan).messages, 26);
});

test('when without drainTo takes all that matches, and promises no target', async (t) => {
  const plan = await drainPlan(t, { messageLimit: 1000, drainTo: null });
  assert.deepEqual(plan.drains, []);
  assert.equal(planTotals(plan).messages, 100);
});

test('a small selection waits to be gathered, but not in a drain', async (t) => {
  const gather = { minBytes: bytes(1024 ** 2), maxWait: { count: 900, unit: 'y' } } as const;
  const archive = { to: 'local', format: 'mbox', compression: 'zstd', gather } as const;
  assert.equal(planTotals(await drainPlan(t, { messageLimit: 1000, changes: { archive } })).messages, 21);
  const idle = { archive, when: null, drainTo: null };
  const plan = await drainPlan(t, { messageLimit: 1000, changes: idle });
  assert.equal(planTotals(plan).messages, 0);
  const [kept] = plan.folders.flatMap((folder) => folder.kept);
  assert.equal(kept?.messages, 100);
  assert.match(kept.reason, /^gathering until 1\.0 MiB or \d{4}-/);
});
