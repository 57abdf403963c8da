import assert from 'node:assert/strict';
import test from 'node:test';
import { changedTotals, planChanges } from '../../src/domain/plan-change.ts';
import type { FolderPlan, Plan } from '../../src/domain/plan.ts';
import { folderPlan } from './folder-plans.ts';

function plan(policy: string, folders: readonly FolderPlan[], refused: readonly string[] = []): Plan {
  return {
    policy,
    server: 'main',
    account: 'alice',
    idle: null,
    folders,
    problems: refused.map((path) => ({ path, code: 'NOPERM', words: '', refused: true })),
    quotaBefore: null,
    quotaAfter: null,
    drains: [],
  };
}

const uidsOf = (list: ReturnType<typeof planChanges>[number]['more']): readonly string[] =>
  list.map(({ folder: path, message }) => `${path} ${message.uid}`);

test('messages are told apart by folder and UID, and plans that are alike are left out', () => {
  const before = [
    plan('a', [folderPlan('INBOX', [1, 2]), folderPlan('Sent', [1])]),
    plan('b', [folderPlan('INBOX', [5])]),
  ];
  const now = [plan('a', [folderPlan('INBOX', [2, 3])]), plan('b', [folderPlan('INBOX', [5])])];
  const [change, ...others] = planChanges(before, now);
  assert.deepEqual(others, []);
  assert.equal(change?.policy, 'a');
  assert.deepEqual(uidsOf(change?.more ?? []), ['INBOX 3']);
  assert.deepEqual(uidsOf(change?.fewer ?? []), ['INBOX 1', 'Sent 1']);
  assert.deepEqual(changedTotals(change?.fewer ?? []), { messages: 2, bytes: 200 });
});

test('a policy that is on one side only takes all of its mail with it', () => {
  const [gone, fresh] = [plan('gone', [folderPlan('INBOX', [1])]), plan('fresh', [folderPlan('INBOX', [2])])];
  assert.deepEqual(
    planChanges([gone], [fresh]).map(({ policy, more, fewer }) => [policy, uidsOf(more), uidsOf(fewer)]),
    [
      ['fresh', ['INBOX 2'], []],
      ['gone', [], ['INBOX 1']],
    ],
  );
});

test('a folder that one of the plans could not look at is unknown, and no difference', () => {
  const whole = plan('a', [folderPlan('INBOX', [1]), folderPlan('Sent', [1])]);
  const part = plan('a', [folderPlan('INBOX', [1])], ['Sent']);
  assert.deepEqual(planChanges([whole], [part]), []);
  assert.deepEqual(planChanges([part], [whole]), []);
});
