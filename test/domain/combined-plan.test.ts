import assert from 'node:assert/strict';
import test from 'node:test';
import { afterAll } from '../../src/domain/combined-plan.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { folderPlan } from './folder-plans.ts';
import { olderThan, policy } from './subjects.ts';

const view = { root: 'User quota', resource: 'storage', used: 900, limit: 1000 } as const;
const deletes = { after: { count: 7, unit: 'd' }, mode: 'expunge' } as const;

const old = policy(olderThan(365), { name: 'old', delete: deletes });
const drain = policy(olderThan(30), {
  name: 'drain',
  delete: deletes,
  when: { quotaAbove: 80 },
  drainTo: 60,
});

/** A plan that lets these messages of INBOX leave, 100 bytes each. */
function plan(name: string, uids: readonly number[], changes: Partial<Plan> = {}): Plan {
  return {
    policy: name,
    server: 'main',
    account: 'alice',
    idle: null,
    folders: [folderPlan('INBOX', uids, ['inbox'])],
    problems: [],
    quotaBefore: view,
    quotaAfter: view,
    quotaFolders: ['INBOX'],
    drains: [],
    ...changes,
  };
}

test('a message that two policies select leaves once', () => {
  const both = afterAll([
    { plan: plan('old', [1, 2]), policy: old },
    { plan: plan('older', [2, 3]), policy: { ...old, name: 'older' } },
  ]);
  assert.deepEqual([both.messages, both.bytes, both.quotaAfter?.used], [3, 300, 600]);
});

test('a drain that starts after others did enough has nothing to do', () => {
  const both = afterAll([
    { plan: plan('old', [1, 2]), policy: old },
    { plan: plan('drain', [3, 4, 5]), policy: drain },
  ]);
  assert.deepEqual([both.messages, both.quotaAfter?.used], [2, 700]);
});

test('a drain takes only what is still missing to its target', () => {
  const both = afterAll([
    { plan: plan('old', [1]), policy: old },
    { plan: plan('drain', [1, 2, 3, 4]), policy: { ...drain, when: { quotaAbove: 70 } } },
  ]);
  assert.deepEqual([both.messages, both.quotaAfter?.used], [3, 600]);
  const first = afterAll([
    { plan: plan('drain', [1, 2, 3]), policy: drain },
    { plan: plan('old', [1, 5]), policy: old },
  ]);
  assert.deepEqual([first.messages, first.quotaAfter?.used], [4, 500]);
});

test('a policy that only archives frees nothing, and neither do folders under another quota root', () => {
  const archives = afterAll([{ plan: plan('copy', [1, 2]), policy: { ...old, delete: null } }]);
  assert.deepEqual([archives.messages, archives.quotaAfter?.used], [2, 900]);
  const elsewhere = afterAll([{ plan: plan('old', [1], { quotaFolders: ['Archive'] }), policy: old }]);
  assert.deepEqual([elsewhere.messages, elsewhere.quotaAfter?.used], [1, 900]);
});

test('idle policies add nothing, and where no quota is reported none is guessed', () => {
  const none = afterAll([
    { plan: plan('old', [], { idle: { kind: 'no folder' }, quotaBefore: null, folders: [] }), policy: old },
  ]);
  assert.deepEqual(none, { messages: 0, bytes: 0, quotaBefore: null, quotaAfter: null });
});
