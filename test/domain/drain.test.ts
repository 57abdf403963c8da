import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytes, uid } from '../../src/domain/brands.ts';
import {
  type Candidate,
  inOrder,
  limitedResources,
  percentUsed,
  takeUntilUnder,
} from '../../src/domain/drain.ts';
import type { Folder } from '../../src/domain/folder.ts';
import { daysAgo } from './subjects.ts';

function folder(name: string, roles: Folder['roles'] = []): Folder {
  return { path: name, name, delimiter: '/', namespace: 'personal', roles, selectable: true, mirror: false };
}

const inbox = folder('INBOX', ['inbox']);
const trash = folder('Trash', ['trash']);

function candidate(number: number, age: number, size: number, where = inbox): Candidate {
  return { folder: where, uid: uid(number), size: bytes(size), internalDate: daysAgo(age) };
}

const uids = (list: readonly Candidate[]): readonly number[] => list.map((one) => one.uid);

test('the oldest leave first', () => {
  const list = [candidate(1, 10, 5), candidate(2, 30, 5), candidate(3, 20, 5)];
  assert.deepEqual(uids(inOrder(list, { by: 'oldest', folders: [] })), [2, 3, 1]);
});

test('the largest leave first', () => {
  const list = [candidate(1, 10, 5), candidate(2, 30, 9), candidate(3, 20, 7)];
  assert.deepEqual(uids(inOrder(list, { by: 'largest', folders: [] })), [2, 3, 1]);
});

test('folders leave by priority, those that fit no pattern last', () => {
  const list = [candidate(1, 90, 5, folder('Other')), candidate(2, 10, 5), candidate(3, 20, 5, trash)];
  assert.deepEqual(uids(inOrder(list, { by: 'oldest', folders: ['role:trash', 'INBOX'] })), [3, 2, 1]);
});

test('a drain takes no more than one message past what is needed, and counts what waits for its purge', () => {
  const message = fc.record({ age: fc.integer({ min: 1, max: 99 }), size: fc.integer({ min: 0, max: 500 }) });
  const figures = {
    used: fc.integer({ min: 0, max: 10_000 }),
    target: fc.integer({ min: 1, max: 10_000 }),
    pending: fc.integer({ min: 0, max: 3000 }),
  };
  fc.assert(
    fc.property(fc.array(message), fc.record(figures), (messages, { used, target, pending }) => {
      const list = messages.map(({ age, size }, index) => candidate(index + 1, age, size));
      const view = { root: '', resource: 'storage', used, limit: 10_000 } as const;
      const { taken, outlook } = takeUntilUnder(list, view, target, pending);
      const size = taken.reduce((sum, one) => sum + one.size, 0);
      const left = used - pending - size;
      if (taken.length > 0)
        assert.ok(left + (taken.at(-1)?.size ?? 0) >= target, 'the last one taken was needed');
      if (left < target) assert.equal(outlook.shortfall, 0);
      else assert.equal(taken.length, list.length, 'all are taken when the target is out of reach');
      if (left > target && outlook.needed > 0) assert.equal(outlook.shortfall, left - target);
    }),
  );
});

test('a message quota is freed by one for each message', () => {
  const view = { root: '', resource: 'message', used: 10, limit: 10 } as const;
  const list = Array.from({ length: 10 }, (_, index) => candidate(index + 1, index, 1000));
  assert.equal(takeUntilUnder(list, view, 8, 0).taken.length, 3);
});

test('percentages are made only where there is a limit', () => {
  const root = {
    name: 'User quota',
    storage: { used: bytes(50), limit: null },
    message: { used: 3, limit: 4 },
    folders: [],
  };
  const views = limitedResources(root);
  assert.deepEqual(views, [{ root: 'User quota', resource: 'message', used: 3, limit: 4 }]);
  assert.equal(views[0] && percentUsed(views[0]), 75);
  assert.equal(percentUsed({ root: '', resource: 'storage', used: 5, limit: null }), null);
});
