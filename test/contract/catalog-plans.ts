import assert from 'node:assert/strict';
import test from 'node:test';
import type { NewPlan } from '../../src/ports/stored-plans.ts';
import { alice, bob, day } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

function plan(at: number, messages: number, changes: Partial<NewPlan> = {}): NewPlan {
  const made = { messages, bytes: messages * 100, idle: null };
  return { ...alice, policy: 'look', hash: 'one', at: day(at), made, ...changes };
}

const amount = (at: number, messages: number) => ({ at: day(at), messages, bytes: messages * 100 });

/** Plans of policies in plan mode. */
export function planContract(name: string, make: MakeCatalog): void {
  test(`${name}: a stored plan has the one before it, and the last one before its policy changed`, async (t) => {
    const catalog = await make(t);
    assert.deepEqual(await catalog.storedPlans(alice), []);
    await catalog.storePlan(plan(1, 5));
    await catalog.storePlan(plan(2, 7));
    await catalog.storePlan(plan(3, 20, { hash: 'two' }));
    await catalog.storePlan(plan(4, 21, { hash: 'two' }));
    const [found, ...others] = await catalog.storedPlans(alice);
    assert.deepEqual(others, []);
    assert.deepEqual(found, {
      ...alice,
      policy: 'look',
      hash: 'two',
      tried: day(4),
      error: null,
      last: amount(4, 21),
      idle: null,
      before: amount(3, 20),
      changed: amount(2, 7),
    });
  });

  test(`${name}: a plan that failed keeps the last one that was made`, async (t) => {
    const catalog = await make(t);
    await catalog.storePlan(plan(1, 0, { made: { error: 'no route' } }));
    assert.deepEqual((await catalog.storedPlans(alice))[0]?.last, null);
    const idle = 'quota not reported';
    await catalog.storePlan(plan(2, 0, { made: { messages: 0, bytes: 0, idle } }));
    await catalog.storePlan(plan(3, 0, { hash: 'two', made: { error: 'x'.repeat(5000) } }));
    const [found] = await catalog.storedPlans(alice);
    assert.deepEqual([found?.last, found?.idle, found?.hash], [amount(2, 0), idle, 'one']);
    assert.deepEqual([found?.tried, found?.error?.length], [day(3), 1000]);
  });

  test(`${name}: stored plans are summed up over accounts, and those of old are forgotten`, async (t) => {
    const catalog = await make(t);
    await catalog.storePlan(plan(1, 5));
    await catalog.storePlan(plan(3, 3));
    await catalog.storePlan(plan(4, 10, bob));
    await catalog.storePlan(plan(4, 9, { policy: 'other' }));
    const [sums, ...others] = await catalog.storedPlanTotals(['look'], [alice, bob]);
    assert.deepEqual(others, []);
    assert.deepEqual(sums, {
      policy: 'look',
      hash: 'one',
      accounts: 2,
      failed: 0,
      messages: 13,
      bytes: 1300,
      newest: day(4),
      sinceBefore: { messages: -2, bytes: -200 },
      sinceChange: null,
    });
    assert.deepEqual(await catalog.storedPlanTotals(['look'], []), []);
    await catalog.forgetPlans(day(4));
    assert.deepEqual(
      (await catalog.storedPlanTotals(['look', 'other'], [alice, bob])).map((one) => one.messages),
      [10, 9],
    );
  });
}
