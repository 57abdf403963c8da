import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uid, uidValidity } from '../../src/domain/brands.ts';
import { changedTotals, planChanges } from '../../src/domain/plan-change.ts';
import type { FolderPlan, Plan } from '../../src/domain/plan.ts';

function folder(path: string, uids: readonly number[]): FolderPlan {
  return {
    folder: {
      path,
      name: path,
      delimiter: '/',
      namespace: 'personal',
      roles: [],
      selectable: true,
      mirror: false,
    },
    state: {
      path,
      uidValidity: uidValidity(1),
      mailboxId: null,
      uidNext: 99,
      highestModseq: null,
      messages: 9,
      readOnly: true,
    },
    total: { messages: 9, bytes: bytes(900) },
    messages: uids.map((one) => ({
      uid: uid(one),
      size: bytes(100),
      internalDate: new Date(0),
      flags: [],
      emailId: null,
      reason: 'old',
      archived: false,
    })),
    kept: [],
  };
}

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
    plan('a', [folder('INBOX', [1, 2]), folder('Sent', [1])]),
    plan('b', [folder('INBOX', [5])]),
  ];
  const now = [plan('a', [folder('INBOX', [2, 3])]), plan('b', [folder('INBOX', [5])])];
  const [change, ...others] = planChanges(before, now);
  assert.deepEqual(others, []);
  assert.equal(change?.policy, 'a');
  assert.deepEqual(uidsOf(change?.more ?? []), ['INBOX 3']);
  assert.deepEqual(uidsOf(change?.fewer ?? []), ['INBOX 1', 'Sent 1']);
  assert.deepEqual(changedTotals(change?.fewer ?? []), { messages: 2, bytes: 200 });
});

test('a policy that is on one side only takes all of its mail with it', () => {
  const [gone, fresh] = [plan('gone', [folder('INBOX', [1])]), plan('fresh', [folder('INBOX', [2])])];
  assert.deepEqual(
    planChanges([gone], [fresh]).map(({ policy, more, fewer }) => [policy, uidsOf(more), uidsOf(fewer)]),
    [
      ['fresh', ['INBOX 2'], []],
      ['gone', [], ['INBOX 1']],
    ],
  );
});

test('a folder that one of the plans could not look at is unknown, and no difference', () => {
  const whole = plan('a', [folder('INBOX', [1]), folder('Sent', [1])]);
  const part = plan('a', [folder('INBOX', [1])], ['Sent']);
  assert.deepEqual(planChanges([whole], [part]), []);
  assert.deepEqual(planChanges([part], [whole]), []);
});
