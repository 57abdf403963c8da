/** A plan lists a bounded number of messages; its limits are checked against all that it selects. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { exceeded, folderTotals, planTotals } from '../../src/domain/plan.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { runAccount } from '../../src/run/run.ts';
import { olderThan, policy } from '../domain/subjects.ts';
import { mutations } from '../purge/purge-world.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

function messages(count: number): ReturnType<typeof scriptedMessage>[] {
  return Array.from({ length: count }, (_, index) => scriptedMessage(index + 1, { body: 'x'.repeat(1024) }));
}

/** 20 messages in INBOX, 10 in Lists. */
function world(t: TestContext): Promise<AccountWorld> {
  const quota = ['QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 95 100)'];
  return accountWorld(t, {
    folders: { INBOX: { messages: messages(20) }, Lists: { messages: messages(10) } },
    quota,
  });
}

function planned(made: AccountWorld, wanted: Policy, most: number): ReturnType<typeof makePlan> {
  return made.locked(async (work) => {
    const session = await work.connection.session();
    const { account, catalog, clock } = work;
    return makePlan({ account, session, catalog, policy: wanted, holds: [], now: clock.now(), most });
  });
}

test('what a plan does not list is counted, folder by folder, and breaks its limits', async (t) => {
  const plan = await planned(await world(t), usual, 12);
  const listed = plan.folders.map((folder) => folder.messages.length);
  assert.deepEqual(listed, [12, 0]);
  assert.deepEqual(plan.folders.map(folderTotals), [
    { messages: 20, bytes: 20 * 1024 },
    { messages: 10, bytes: 10 * 1024 },
  ]);
  const [broken] = exceeded(planTotals(plan), planTotals(plan), { ...usual.limits, maxMessages: 29 });
  assert.deepEqual(broken, { limit: 'maxMessages', allowed: 29, wanted: 30, of: 'messages' });
});

test('a drain takes of what is listed only, and counts nothing else', async (t) => {
  const drain = policy(olderThan(30), { when: { quotaAbove: 90 }, drainTo: 75 });
  const plan = await planned(await world(t), drain, 12);
  assert.equal(planTotals(plan).messages, 12);
});

for (const days of [0, 7]) {
  test(`a run takes all of it in several plans where mail goes after ${days} days`, async (t) => {
    const made = await world(t);
    const wanted: Policy = { ...usual, delete: { after: { count: days, unit: 'd' }, mode: 'expunge' } };
    made.policies = [wanted];
    const [report] = await made.locked((work) => runAccount(work, [wanted], { liftLimits: false, most: 12 }));
    assert.deepEqual(report?.errors, []);
    const archives = await made.catalog.archives({});
    assert.equal(
      archives.reduce((sum, { messages: count }) => sum + count, 0),
      30,
    );
    const left = [...made.server.folders.values()].reduce((sum, folder) => sum + folder.messages.length, 0);
    assert.equal(left, days === 0 ? 0 : 30);
  });
}

test('a run whose plan breaks a limit only with what is not listed does nothing', async (t) => {
  const made = await world(t);
  const wanted: Policy = { ...usual, limits: { ...usual.limits, maxMessages: 29 } };
  made.policies = [wanted];
  await made.locked((work) => runAccount(work, [wanted], { liftLimits: false, most: 12 }));
  assert.deepEqual(await made.catalog.archives({}), []);
  assert.deepEqual(mutations(made), []);
});
