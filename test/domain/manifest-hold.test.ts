import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { type ArchivedSubject, heldArchive, newestOf } from '../../src/domain/manifest-hold.ts';
import type { Hold, Match } from '../../src/domain/policy.ts';
import { context } from './subjects.ts';

const hold = (match: Match | null): Hold => ({
  name: 'case-4711',
  accounts: { include: ['*'], exclude: [] },
  match,
});
const fromRival: Match = { kind: 'header', name: 'from', globs: ['*@rival.example'] };

function archived(from: string | null, changes: Partial<ArchivedSubject> = {}): ArchivedSubject {
  return {
    size: bytes(1000),
    internalDate: '2020-01-01T00:00:00.000Z',
    flags: [],
    headers: from === null ? {} : { from: [from] },
    ...changes,
  };
}

const friend = archived('a@friend.example');

test('one held message keeps the whole archive', () => {
  assert.equal(heldArchive([friend, friend], ['from'], [hold(fromRival)], context), null);
  assert.equal(
    heldArchive([friend, archived('b@rival.example')], ['from'], [hold(fromRival)], context),
    'case-4711',
  );
});

test('a hold without a match holds everything', () => {
  assert.equal(heldArchive([friend], [], [hold(null)], context), 'case-4711');
});

test('a header of which only a part was recorded decides nothing: it holds', () => {
  const part = archived('a@friend.example', { cut: ['from'] });
  assert.match(heldArchive([friend, part], ['from'], [hold(fromRival)], context) ?? '', /can't decide/);
  const other = archived('a@friend.example', { cut: ['to'] });
  assert.equal(heldArchive([other], ['from', 'to'], [hold(fromRival)], context), null);
});

test('a header that was looked for and is not there is known to be absent', () => {
  assert.equal(heldArchive([archived(null)], ['from'], [hold(fromRival)], context), null);
});

test('a header that was not looked for is undecidable, and counts as held', () => {
  const held = heldArchive([archived(null)], ['subject'], [hold(fromRival)], context);
  assert.equal(held, "case-4711, which its manifest can't decide (header from unknown)");
});

test('a hold on an implausible date is undecidable', () => {
  const old: Match = { kind: 'olderThan', age: { count: 30, unit: 'd' }, from: 'received' };
  const future = archived(null, { internalDate: '2199-01-01T00:00:00.000Z' });
  assert.match(heldArchive([future], [], [hold(old)], context) ?? '', /can't decide/);
});

test('without holds nothing is held', () => {
  assert.equal(heldArchive([friend], [], [], context), null);
});

test('the newest date is that of the youngest message, and one that is none is not known', () => {
  assert.equal(newestOf([]), null);
  assert.deepEqual(
    newestOf([friend, { internalDate: '2024-05-05T00:00:00.000Z' }, friend]),
    new Date('2024-05-05T00:00:00.000Z'),
  );
  assert.equal(newestOf([friend, { internalDate: 'never' }]), null);
});
